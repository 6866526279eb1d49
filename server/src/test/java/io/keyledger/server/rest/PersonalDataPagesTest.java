package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.onlyAdministrator;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.get;
import static io.keyledger.server.rest.Html.link;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.post;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code /settings/account/data}, {@code /settings/account/erase} and {@code /accounts/{id}/erase}. */
class PersonalDataPagesTest {

    @Test
    void the_settings_lead_to_ones_data_and_to_its_erasure() {
        var person = person();
        var settings = page(person.session(), "/settings/account");

        var data = expect(get(person.session(), link(settings, "Download my data")), 200);
        assertThat(data.header("Content-Disposition")).startsWith("attachment");
        assertThat(data.json().path("account").path("email").asString()).isEqualTo(person.email());

        var form = page(person.session(), link(settings, "Erase my personal data…"));
        assertThat(text(form)).contains("Nobody can undo this").contains(person.email());
    }

    @Test
    void who_types_their_email_is_erased_and_signed_out() {
        var person = person();
        var wrong = expect(post(person.session(), "/settings/account/erase", "email", "else@example.org"), 422);
        assertThat(text(wrong)).contains("This is not the email address of this account.");
        assertThat(wrong.response().body()).contains("value=\"else@example.org\"");
        expect(post(person.session(), "/settings/account/erase", "email", ""), 422);

        var done = expect(post(person.session(), "/settings/account/erase", "email", " " + person.email()), 302);

        assertThat(done.header("Location")).endsWith("/sign-in?done=erased");
        assertThat(text(page(anybody(), "/sign-in?done=erased"))).contains("Your personal data is erased");
        expect(get(person.session(), "/settings/account"), 303);
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
    }

    @Test
    void an_administrator_types_whom_to_erase_and_the_account_is_shown_as_erased_without_forms() {
        var person = person();
        var token = create(person.session(), unique("secret-project"), "tokens:read");
        var path = "/accounts/" + person.accountId();
        var form = link(page(administrator(), path), "Erase personal data…");
        assertThat(text(page(administrator(), form))).contains(person.email());
        assertThat(text(expect(post(administrator(), form, "email", "else@example.org"), 422)))
                .contains("This is not the email address of this account.");
        var second = secondAdministrator();

        expect(post(second.session(), form, "email", person.email()), 302);

        var account = page(second.session(), path);
        assertThat(text(account))
                .contains("The personal data is erased, and the account is closed.")
                .contains("Nobody can sign in with it, and nothing about it can be changed.");
        assertThat(account.substring(account.indexOf("<main")))
                // The one to look at an earlier time changes nothing.
                .doesNotContain("method=\"post\"")
                .doesNotContain("btn-danger");
        assertThat(get(second.session(), form).header("Location")).endsWith(path);
        assertThat(text(page(second.session(), link(account, "Activity of this account"))))
                .contains("You erased the personal data of (erased)");
        assertThat(text(page(second.session(), path + "/tokens?status=all"))).contains("erased");
        for (var shown : new String[] {
            path,
            path + "/tokens?status=all",
            "/settings/tokens/" + token.id(),
            "/activity?account=" + person.accountId()
        }) {
            assertThat(page(second.session(), shown))
                    .doesNotContain(person.email())
                    .doesNotContain("secret-project");
        }
        assertThat(second.session()
                        .header("Accept", "text/html")
                        .header("Accept-Language", "de")
                        .get(path)
                        .response()
                        .body())
                .contains(">gelöscht</h1>");
    }

    @Test
    void a_service_account_is_erased_by_its_name() {
        var service = expect(administrator().post("/api/accounts", json("""
            {'type': 'service', 'displayName': 'Nightly builds'}\
            """)), 201)
                .json()
                .path("id")
                .asString();
        var form = "/accounts/" + service + "/erase";
        assertThat(text(expect(post(administrator(), form, "email", "Builds"), 422)))
                .contains("This is not the name of this account.");
        expect(post(administrator(), form, "email", "Nightly builds"), 302);
        assertThat(text(page(administrator(), "/accounts/" + service)))
                .contains("Erased")
                .doesNotContain("Nightly");
        assertThat(link(page(administrator(), "/accounts/" + service + "/tokens"), "Create a new token"))
                .isEmpty();
    }

    @Test
    void the_last_administrator_is_told_why_not() {
        var me = onlyAdministrator();
        var email = expect(administrator().get("/api/account"), 200)
                .json()
                .path("email")
                .asString();
        var refused = expect(post(administrator(), "/accounts/" + me + "/erase", "email", email), 409);
        assertThat(text(refused)).contains("This is the last administrator.");
        assertThat(text(expect(post(administrator(), "/settings/account/erase", "email", email), 409)))
                .contains("This is the last administrator.");
    }

    @Test
    void only_administrators_see_how_others_are_erased() {
        var person = person();
        expect(get(person().session(), "/accounts/" + person.accountId() + "/erase"), 403);
        expect(post(person().session(), "/accounts/" + person.accountId() + "/erase", "email", person.email()), 403);
        expect(get(administrator(), "/accounts/acc_unknown/erase"), 404);
    }
}
