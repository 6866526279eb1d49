package io.keyledger.server.browser;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;

/**
 * What is special about somebody's browser. Without any it is a window of 1280 by 800 with JavaScript, light, in
 * English, in Berlin, whose motion is as the page likes.
 */
enum Trait {
    DARK,
    /** 390 by 844, with fingers instead of a mouse. */
    PHONE,
    /** The usual window at 200 %: half as many CSS pixels each way (WCAG 2.2, 1.4.4). */
    ZOOMED,
    WITHOUT_JAVASCRIPT,
    GERMAN,
    /** Nine hours from UTC: a date that a page gets wrong is another one there. */
    IN_TOKYO,
    REDUCED_MOTION;

    static NewContextOptions options(Iterable<Trait> traits) {
        var options = new NewContextOptions()
                .setViewportSize(1280, 800)
                .setColorScheme(ColorScheme.LIGHT)
                .setReducedMotion(ReducedMotion.NO_PREFERENCE)
                .setLocale("en-GB")
                .setTimezoneId("Europe/Berlin");
        traits.forEach(trait -> trait.addTo(options));
        return options;
    }

    private void addTo(NewContextOptions options) {
        switch (this) {
            case DARK -> options.setColorScheme(ColorScheme.DARK);
            case PHONE ->
                options.setViewportSize(390, 844)
                        .setDeviceScaleFactor(2)
                        .setIsMobile(true)
                        .setHasTouch(true);
            case ZOOMED -> options.setViewportSize(640, 400).setDeviceScaleFactor(2);
            case WITHOUT_JAVASCRIPT -> options.setJavaScriptEnabled(false);
            case GERMAN -> options.setLocale("de-DE");
            case IN_TOKYO -> options.setTimezoneId("Asia/Tokyo");
            case REDUCED_MOTION -> options.setReducedMotion(ReducedMotion.REDUCE);
        }
    }
}
