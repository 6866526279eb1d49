package io.keyledger.server.pages;

import static io.keyledger.server.journey.People.PASSWORD;
import static io.keyledger.server.pages.MailSite.administrator;
import static io.keyledger.server.pages.MailSite.expect;
import static io.keyledger.server.pages.MailSite.mailsTo;
import static io.keyledger.server.pages.MailSite.person;
import static io.keyledger.server.pages.MailSite.server;
import static io.keyledger.server.pages.Visitor.error;
import static io.keyledger.server.pages.Visitor.text;
import static io.keyledger.server.pages.Visitor.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Person;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings, Account settings. */
class AccountSettingsPagesTest {

    private static final String NEW_PASSWORD = "four green kettles";
    private static final String SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
            + " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

    private final Person person = person();
    private final Visitor visitor = Visitor.of(server()).signIn(person.email(), PASSWORD);

    private Answer changePassword(String current, String replacement, String confirmation, boolean endOthers) {
        var fields = new java.util.ArrayList<>(java.util.List.of(
                "currentPassword",
                current,
                "newPassword",
                replacement,
                "confirmNewPassword",
                confirmation,
                "endOtherSessionsAsked",
                "true"));
        if (endOthers) {
            fields.add("endOtherSessions");
            fields.add("true");
        }
        return visitor.submit("/settings/account/password", fields.toArray(String[]::new));
    }

    private Answer changeProfile(String version, String displayName, String email, String currentPassword) {
        return visitor.submit(
                "/settings/account/profile",
                "version",
                version,
                "displayName",
                displayName,
                "email",
                email,
                "currentPassword",
                currentPassword);
    }

    private Answer page() {
        return expect(visitor.get("/settings/account"), 200);
    }

    private static boolean isSignedIn(Visitor visitor) {
        return visitor.get("/settings/account").status() == 200;
    }

    /** Sent to the page, which says this once. */
    private void done(Answer answer, String notice) {
        assertThat(expect(answer, 302).header("Location")).isEqualTo("/settings/account");
        assertThat(text(page())).contains(notice);
        assertThat(text(page())).doesNotContain(notice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                   | four green kettles  | four green kettles | currentPassword    | Fill in this"
                        + " field.",
                "not my own password  | four green kettles  | four green kettles | currentPassword    | This is not"
                        + " your current password.",
                "seven wooden ladders | ''                  | ''                 | newPassword        | Fill in this"
                        + " field.",
                "seven wooden ladders | fourteen chars      | fourteen chars     | newPassword        | Use at least"
                        + " 15 characters",
                "seven wooden ladders | passwordpassword    | passwordpassword   | newPassword        | Use another"
                        + " one",
                "seven wooden ladders | Somebody keyledger  | Somebody keyledger | newPassword        | Add at least 8"
                        + " characters",
                "seven wooden ladders | seven wooden ladders | seven wooden ladders | newPassword     | This is the"
                        + " password you have now.",
                "seven wooden ladders | four green kettles  | four green kettle  | confirmNewPassword | Type the same"
                        + " password again.",
            })
    void a_mistake_is_told_next_to_its_field(
            String current, String replacement, String confirmation, String field, String message) {
        var answer = expect(changePassword(current, replacement, confirmation, true), 422);
        for (var each : java.util.List.of("currentPassword", "newPassword", "confirmNewPassword")) {
            assertThat(error(answer, each)).as(each).startsWith(each.equals(field) ? message : "");
            assertThat(error(answer, each).isEmpty()).as(each).isEqualTo(!each.equals(field));
        }
        assertThat(error(answer, "profile-password")).isEmpty();
        assertThat(answer.response().body()).doesNotContain("four green kettle", "seven wooden ladders");
        Visitor.of(server()).signIn(person.email(), PASSWORD);
    }

    @Test
    void a_new_password_works_at_once_and_other_devices_are_signed_out() {
        var other = Visitor.of(server()).signIn(person.email(), PASSWORD);
        done(changePassword(PASSWORD, NEW_PASSWORD, NEW_PASSWORD, true), "All other devices are signed out.");
        assertThat(isSignedIn(other)).isFalse();
        assertThat(other.trySignIn(person.email(), PASSWORD).status()).isEqualTo(422);
        other.signIn(person.email(), NEW_PASSWORD);
        assertThat(mailsTo(person.email(), 1).getFirst().subject()).isEqualTo("Your Keyledger password was changed");
    }

    @Test
    void other_devices_stay_signed_in_where_the_box_is_not_ticked() {
        var other = Visitor.of(server()).signIn(person.email(), PASSWORD);
        done(changePassword(PASSWORD, NEW_PASSWORD, NEW_PASSWORD, false), "Other devices stay signed in.");
        assertThat(isSignedIn(other)).isTrue();
    }

    @Test
    void the_box_is_ticked_at_first_and_stays_as_it_was_left() {
        var ticked = Pattern.compile("<input[^>]*name=\"endOtherSessions\"[^>]*checked");
        assertThat(page().response().body()).containsPattern(ticked);
        assertThat(changePassword("wrong", NEW_PASSWORD, NEW_PASSWORD, true)
                        .response()
                        .body())
                .containsPattern(ticked);
        assertThat(changePassword("wrong", NEW_PASSWORD, NEW_PASSWORD, false)
                        .response()
                        .body())
                .doesNotContainPattern(ticked);
    }

    @Test
    void the_rules_of_the_server_are_on_the_page() {
        assertThat(page().response().body())
                .contains("data-min=\"15\"", "data-max=\"128\"", "15 to 128 characters")
                .contains("autocomplete=\"current-password\"", "autocomplete=\"new-password\"")
                .containsPattern("autocomplete=\"username\" value=\"" + Pattern.quote(person.email()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/settings/account/password", "/settings/account/profile", "/settings/account/sessions/x/end"})
    void every_forms_address_shows_the_page_with_what_was_typed(String path) {
        var answer = expect(visitor.get(path + "?displayName=Typed&email=typed%40example.org&version=77"), 200);
        assertThat(value(answer, "displayName")).isEqualTo("Typed");
        assertThat(value(answer, "email")).isEqualTo("typed@example.org");
        assertThat(value(answer, "version")).isEqualTo("77");
    }

    @Test
    void a_form_that_comes_after_the_session_is_not_lost_and_no_password_is_in_the_address() {
        visitor.loseSession();
        var answer = expect(changeProfile("0", "Typed", person.email(), PASSWORD), 303);
        assertThat(answer.header("Location"))
                .startsWith("/sign-in?next=%2Fsettings%2Faccount%2Fprofile")
                .contains("Typed")
                .doesNotContain("wooden");
    }

    @Test
    void the_name_alone_needs_no_password() {
        var version = value(page(), "version");
        done(changeProfile(version, "  New Name ", person.email(), ""), "Saved.");
        assertThat(value(page(), "displayName")).isEqualTo("New Name");
        assertThat(error(expect(changeProfile("", " ", person.email(), ""), 422), "displayName"))
                .isEqualTo("Fill in this field.");
    }

    @Test
    void another_email_needs_the_password_and_the_former_address_is_told() {
        var email = "other-" + person.email();
        var missing = expect(changeProfile("", "Somebody", email, ""), 422);
        assertThat(error(missing, "profile-password")).isEqualTo("Fill in this field.");
        assertThat(error(missing, "currentPassword")).isEmpty();
        assertThat(value(missing, "email")).isEqualTo(email);
        assertThat(error(expect(changeProfile("", "Somebody", email, "wrong"), 422), "profile-password"))
                .isEqualTo("This is not your current password.");
        assertThat(error(expect(changeProfile("", "Somebody", "no address", PASSWORD), 422), "email"))
                .startsWith("Give an address");
        assertThat(error(expect(changeProfile("", "Somebody", "admin@localhost", PASSWORD), 409), "email"))
                .startsWith("There is an account");
        assertThat(mailsTo(person.email())).isEmpty();

        done(changeProfile("", "Somebody", email, PASSWORD), "Saved.");

        Visitor.of(server()).signIn(email, PASSWORD);
        assertThat(mailsTo(person.email(), 1).getFirst().subject())
                .isEqualTo("The email address of your Keyledger account was changed");
        assertThat(mailsTo(email)).isEmpty();
    }

    @Test
    void a_change_made_meanwhile_is_told_and_not_overwritten() {
        var version = value(page(), "version");
        expect(person.session().patch("/api/account", "{\"displayName\": \"Elsewhere\"}"), 200);
        var answer = expect(changeProfile(version, "Here", person.email(), ""), 412);
        assertThat(text(answer)).contains("Your account was changed since this page was shown", "Elsewhere");
        assertThat(value(answer, "displayName")).isEqualTo("Here");
        assertThat(value(page(), "displayName")).isEqualTo("Elsewhere");
        done(changeProfile(value(answer, "version"), "Here", person.email(), ""), "Saved.");
        assertThat(value(page(), "displayName")).isEqualTo("Here");
    }

    @Test
    void sessions_are_listed_as_people_call_them_and_ended() {
        var phone = Visitor.of(server(), SAFARI).signIn(person.email(), PASSWORD);
        var list = page();
        assertThat(text(list)).contains("Firefox on Linux This device", "Safari on iPhone", "127.0.0.1");
        assertThat(list.response().body()).contains("title=\"" + SAFARI);
        var id = sessionId(list, "Safari on iPhone");
        done(visitor.submit("/settings/account/sessions/" + id + "/end"), "That device is signed out.");
        assertThat(isSignedIn(phone)).isFalse();
        assertThat(text(page())).doesNotContain("Safari");
        // Twice, as a double click does.
        done(visitor.submit("/settings/account/sessions/" + id + "/end"), "That device is signed out.");
    }

    @Test
    void ending_ones_own_session_is_signing_out_and_nobody_ends_anothers() {
        var own = sessionId(
                expect(
                        Visitor.of(server(), SAFARI)
                                .signIn(person.email(), PASSWORD)
                                .get("/settings/account"),
                        200),
                "Firefox on Linux");
        var stranger = Visitor.of(server()).signIn(person().email(), PASSWORD);
        expect(stranger.submit("/settings/account/sessions/" + own + "/end"), 302);
        assertThat(isSignedIn(visitor)).isTrue();
        assertThat(expect(visitor.submit("/settings/account/sessions/" + own + "/end"), 302)
                        .header("Location"))
                .isEqualTo("/sign-in");
        assertThat(isSignedIn(visitor)).isFalse();
    }

    private static String sessionId(Answer page, String browser) {
        var end = Pattern.compile(
                        "/settings/account/sessions/(ses_[\\w-]+)/end(?:(?!/end).)*Sign out " + browser, Pattern.DOTALL)
                .matcher(page.response().body());
        assertThat(end.find()).as("%s", page).isTrue();
        return end.group(1);
    }

    @Test
    void who_has_no_session_is_sent_to_sign_in_and_back() {
        assertThat(Visitor.of(server()).get("/settings/account").header("Location"))
                .isEqualTo("/sign-in?next=%2Fsettings%2Faccount");
        assertThat(administrator().get("/settings/account").status()).isEqualTo(200);
    }
}
