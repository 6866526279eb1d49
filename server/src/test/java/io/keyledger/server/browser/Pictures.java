package io.keyledger.server.browser;

import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.options.ScreenshotAnimations;
import java.nio.file.Path;

/** Pictures of pages, to look at: in {@code server/target/pictures}. */
final class Pictures {

    private Pictures() {}

    /** The whole page, however long it is, and as it is when nothing moves any more. */
    static Path take(Tab tab, String name) {
        var file = Path.of("target", "pictures", name + ".png");
        tab.page()
                .screenshot(new ScreenshotOptions()
                        .setPath(file)
                        .setFullPage(true)
                        .setAnimations(ScreenshotAnimations.DISABLED));
        return file;
    }
}
