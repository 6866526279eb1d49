package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static io.keyledger.server.browser.Trait.ZOOMED;
import static io.keyledger.server.journey.People.PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.GetByLabelOptions;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings, Account settings, as people see and use it. */
@BrowserTest
class AccountSettingsPageTest {

    private static final String NEW_PASSWORD = "four green kettles";

    private final Person person = Site.person();

    private Tab open(Tab tab) {
        return tab.signIn(person).open("/settings/account");
    }

    private static Locator field(Tab tab, String id) {
        return tab.page().locator("#" + id);
    }

    private static void fill(Tab tab, String current, String replacement, String confirmation) {
        field(tab, "currentPassword").fill(current);
        field(tab, "newPassword").fill(replacement);
        field(tab, "confirmNewPassword").fill(confirmation);
    }

    private static void press(Tab tab, String button) {
        tab.page()
                .getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(button).setExact(true))
                .click();
    }

    private static void fitsItsWindow(Tab tab) {
        assertThat(tab.page().evaluate("() => document.documentElement.scrollWidth - innerWidth"))
                .isEqualTo(0);
    }

    @Test
    void everybody_can_read_and_use_it(Tabs tabs) {
        People.signIn(
                Site.anybody().header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"),
                person.email(),
                PASSWORD);
        for (var traits : List.of(
                new Trait[] {},
                new Trait[] {DARK},
                new Trait[] {PHONE},
                new Trait[] {DARK, PHONE},
                new Trait[] {ZOOMED},
                new Trait[] {GERMAN, PHONE})) {
            var tab = open(tabs.with(traits));
            var name = "account-settings"
                    + Pattern.compile("[^A-Z]+")
                            .matcher(List.of(traits).toString())
                            .replaceAll("-");
            Axe.check(tab);
            fitsItsWindow(tab);
            Pictures.take(tab, name);
            fill(tab, "not my password at all", "too short", "other");
            Axe.check(tab);
            field(tab, "newPassword").press("Enter");
            tab.page().waitForCondition(() -> tab.page().url().endsWith("/settings/account/password"));
            Axe.check(tab);
            fitsItsWindow(tab);
            Pictures.take(tab, name + "refused");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "short one                 | 6 more characters",
                "fourteen chars            | 1 more character",
                "four green kettles        | Long enough",
                "😀😀😀😀😀😀😀😀😀😀😀😀😀😀 | 1 more character",
                "ﬁ ﬁ ﬁ ﬁ ﬁ ﬁ              | Long enough",
                "passwordpassword          | Long enough",
            })
    void while_typing_it_says_how_many_characters_are_missing_as_the_server_counts(
            String password, String hint, Tab tab) {
        open(tab);
        field(tab, "newPassword").fill(password);
        assertThat(field(tab, "newPassword-length")).hasText(hint);
        fill(tab, PASSWORD, password, password);
        press(tab, "Update password");
        var tooShort = tab.page().getByText("Use at least 15 characters");
        if (hint.equals("Long enough")) {
            assertThat(tooShort).hasCount(0);
        } else {
            assertThat(tooShort).isVisible();
        }
    }

    @Test
    void while_typing_it_says_what_is_too_long_and_whether_both_are_the_same(Tab tab) {
        open(tab);
        assertThat(field(tab, "newPassword-length")).isHidden();
        field(tab, "newPassword").fill("a b ".repeat(32) + "c");
        assertThat(field(tab, "newPassword-length")).hasText("Too long by 1");
        field(tab, "newPassword").fill("");
        assertThat(field(tab, "newPassword-length")).isHidden();
        fill(tab, "", NEW_PASSWORD, "four green kettle");
        assertThat(field(tab, "confirmNewPassword-match")).hasText("The two are not the same yet");
        field(tab, "confirmNewPassword").fill(NEW_PASSWORD);
        assertThat(field(tab, "confirmNewPassword-match")).hasText("The two are the same");
        // For those who do not see it, once the typing has paused.
        assertThat(tab.page().locator("[data-confirms] [role=status]")).hasText("The two are the same");
        field(tab, "newPassword").fill(NEW_PASSWORD + "!");
        assertThat(field(tab, "confirmNewPassword-match")).hasText("The two are not the same yet");
    }

    @Test
    void a_mistake_is_marked_and_has_the_focus(Tab tab) {
        open(tab);
        fill(tab, "not my password at all", NEW_PASSWORD, NEW_PASSWORD);
        press(tab, "Update password");
        assertThat(field(tab, "currentPassword")).isFocused();
        assertThat(field(tab, "currentPassword")).hasAccessibleDescription("This is not your current password.");
        assertThat(field(tab, "currentPassword")).hasValue("");
    }

    @Test
    void a_new_password_signs_other_devices_out(Tab tab, Tab other) {
        changePassword(tab, other);
    }

    @Test
    void it_does_without_scripts(@With(WITHOUT_JAVASCRIPT) Tab tab, @With(WITHOUT_JAVASCRIPT) Tab other) {
        changePassword(tab, other);
        field(tab, "displayName").fill("Somebody Else");
        press(tab, "Save");
        assertThat(tab.page().getByText("Saved.")).isVisible();
        assertThat(tab.page().locator(".side-name")).hasText("Somebody Else");
    }

    private void changePassword(Tab tab, Tab other) {
        open(other);
        open(tab);
        assertThat(field(tab, "endOtherSessions")).isChecked();
        fill(tab, PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
        press(tab, "Update password");
        assertThat(tab.page().getByText("Your password is changed, from now on. All other devices are signed out."))
                .isVisible();
        assertThat(tab.page().locator("tbody tr")).hasCount(1);
        other.page().reload();
        assertThat(other.page()).hasURL(Pattern.compile(".*/sign-in\\?next=.*"));
        other.page().getByLabel("Email").fill(person.email());
        field(other, "password").fill(NEW_PASSWORD);
        press(other, "Sign in");
        assertThat(other.page()).hasURL(Pattern.compile(".*/settings/account"));
    }

    @Test
    void other_devices_stay_signed_in_where_the_box_is_unticked(Tab tab, Tab other) {
        open(other);
        open(tab);
        fill(tab, PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
        field(tab, "endOtherSessions").uncheck();
        press(tab, "Update password");
        assertThat(tab.page().getByText("Other devices stay signed in.")).isVisible();
        other.page().reload();
        assertThat(other.page()).hasURL(Pattern.compile(".*/settings/account"));
    }

    @Test
    void passwords_can_be_shown_and_hidden(Tab tab) {
        open(tab);
        var show = tab.page()
                .getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions()
                                .setName("Show: New password")
                                .setExact(true));
        field(tab, "newPassword").fill(NEW_PASSWORD);
        show.click();
        assertThat(field(tab, "newPassword")).hasAttribute("type", "text");
        show.click();
        assertThat(field(tab, "newPassword")).hasAttribute("type", "password");
    }

    @Test
    void of_two_tabs_the_second_is_told_what_the_first_has_saved(Tab tab) {
        open(tab);
        var second = tab.another().open("/settings/account");
        field(tab, "displayName").fill("From the first");
        press(tab, "Save");
        assertThat(tab.page().getByText("Saved.")).isVisible();
        field(second, "displayName").fill("From the second");
        press(second, "Save");
        var told = second.page().locator(".alert-warning");
        assertThat(told).containsText("Your account was changed since this page was shown");
        assertThat(told).containsText("From the first");
        assertThat(field(second, "displayName")).hasValue("From the second");
        Axe.check(second);
        Pictures.take(second, "account-settings-changed-meanwhile");
        press(second, "Save");
        assertThat(second.page().locator(".side-name")).hasText("From the second");
    }

    @Test
    void a_device_is_signed_out_from_the_list(Tab tab, Tab other) {
        open(other);
        open(tab);
        tab.page()
                .getByRole(
                        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(Pattern.compile("Sign out Chrome on .+")))
                .first()
                .click();
        assertThat(tab.page().getByText("That device is signed out.")).isVisible();
        other.page().reload();
        assertThat(other.page()).hasURL(Pattern.compile(".*/sign-in\\?next=.*"));
    }

    @Test
    void what_was_typed_outlives_the_session(Tab tab) {
        open(tab);
        field(tab, "displayName").fill("Typed before");
        tab.page().context().clearCookies();
        press(tab, "Save");
        tab.page().getByLabel("Email").fill(person.email());
        tab.page()
                .getByLabel("Password", new GetByLabelOptions().setExact(true))
                .fill(PASSWORD);
        press(tab, "Sign in");
        assertThat(field(tab, "displayName")).hasValue("Typed before");
    }
}
