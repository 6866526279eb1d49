package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.issued;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.hidden;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.post;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.rest.Contract.Person;
import java.net.URI;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The pages of tokens, for service accounts and for the tokens of others. */
class ServiceAccountPagesTest {

    private final Person owner = person();
    private final String name = unique("Builds");
    private final String service = service(name, owner);
    private final String list = "/accounts/" + service + "/tokens";

    private static String service(String name, Person owner) {
        return expect(administrator().post("/api/accounts", json("""
            {'type': 'service', 'displayName': '%s', 'owners': ['%s']}\
            """.formatted(name, owner.accountId()))), 201)
                .json()
                .path("id")
                .asString();
    }

    private String createAt(Person person, String tokenName) {
        var created = expect(
                post(
                        person.session(),
                        list + "/new",
                        "name",
                        tokenName,
                        "idempotencyKey",
                        UUID.randomUUID().toString()),
                200);
        var html = created.response().body();
        assertThat(text(html)).contains("Your new token", "klt_");
        assertThat(html).contains("href=\"" + list + "\"");
        var address = html.replaceAll("(?s).*data-once=\"([^\"]*)\".*", "$1");
        assertThat(address).startsWith("/settings/tokens/tok_");
        return address;
    }

    @Test
    void owners_switch_between_their_own_tokens_and_those_of_their_service_accounts() {
        assertThat(text(page(person().session(), "/settings/tokens"))).doesNotContain("Your own");
        var own = page(owner.session(), "/settings/tokens");
        assertThat(text(own)).contains("Your own", name);
        assertThat(own).contains("href=\"" + list + "\"");
        var theirs = page(owner.session(), list);
        assertThat(text(theirs)).contains("Tokens of " + name);
        assertThat(theirs).contains("href=\"" + list + "/new\"").contains("action=\"" + list + "\"");
        expect(Html.get(person().session(), list), 404);
        expect(Html.get(person().session(), list + "/new"), 404);
    }

    @Test
    void owners_create_change_and_delete_the_tokens_of_their_service_accounts() {
        var token = createAt(owner, "nightly");
        assertThat(text(page(owner.session(), list))).contains("nightly");
        assertThat(text(page(owner.session(), "/settings/tokens"))).doesNotContain("nightly");
        assertThat(text(page(owner.session(), token))).contains("nightly", "Tokens of " + name, "Rotate");
        var form = page(owner.session(), token + "/edit");
        var saved = expect(
                post(owner.session(), token + "/edit", "name", "hourly", "version", hidden(form, "version")), 302);
        assertThat(URI.create(saved.header("Location")).getPath()).isEqualTo(list);
        assertThat(text(page(owner.session(), list))).contains("hourly");
        expect(post(owner.session(), token + "/disable"), 302);
        expect(post(owner.session(), token + "/enable"), 302);
        var rotated = expect(
                post(
                        owner.session(),
                        token + "/rotate",
                        "version",
                        hidden(page(owner.session(), token + "/rotate"), "version")),
                200);
        assertThat(rotated.response().body()).contains("href=\"" + list + "\"");
        for (var path : java.util.List.of("", "/edit", "/rotate", "/delete", "/transfer")) {
            expect(Html.get(person().session(), token + path), 404);
        }
        expect(post(person().session(), token + "/delete"), 404);
        expect(post(owner.session(), token + "/delete"), 302);
        assertThat(text(page(owner.session(), list))).doesNotContain("hourly");
    }

    @Test
    void owners_bring_back_no_token_that_may_do_more_than_themselves() {
        expect(administrator().patch("/api/accounts/" + service, "{\"administrator\": true}"), 200);
        var token = issued(administrator()
                .post(
                        "/api/accounts/" + service + "/tokens",
                        json("{'name': 'strong', 'permissions': ['audit:read'], 'allowedAddresses':"
                                + " ['192.0.2.0/24']}")));
        var address = "/settings/tokens/" + token.id();
        var version = hidden(page(owner.session(), address + "/edit"), "version");
        var refused = post(
                owner.session(),
                address + "/edit",
                "name",
                "strong",
                "permissions",
                "audit:read",
                "allowedAddresses",
                "0.0.0.0/0",
                "version",
                version);
        assertThat(refused.status()).isBetween(400, 499);
        assertThat(token.status()).isEqualTo(401);
        expect(post(owner.session(), address + "/disable"), 302);
        expect(post(owner.session(), address + "/enable"), 403);
        expect(post(administrator(), address + "/enable"), 302);
    }

    @Test
    void a_token_moves_and_its_page_stays_where_it_is() {
        var token = create(owner.session(), unique("mine"));
        var address = "/settings/tokens/" + token.id();
        assertThat(text(page(owner.session(), address + "/transfer"))).contains(name);
        expect(post(owner.session(), address + "/transfer", "accountId", "acc_nope"), 422);
        expect(post(owner.session(), address + "/transfer", "accountId", service), 302);
        assertThat(token.status()).isEqualTo(200);
        assertThat(text(page(owner.session(), address))).contains("The token was moved.", "Tokens of " + name);
        assertThat(text(page(owner.session(), address + "/transfer")))
                .contains("There is no other service account that you manage.");
    }

    @Test
    void a_name_that_is_taken_there_is_told() {
        createAt(owner, "same");
        var token = create(owner.session(), "same");
        var answer = expect(
                post(owner.session(), "/settings/tokens/" + token.id() + "/transfer", "accountId", service), 409);
        assertThat(text(answer)).contains("with this name already");
    }

    @Test
    void administrators_move_and_delete_the_tokens_of_persons_and_change_none() {
        var leaver = person();
        var token = create(leaver.session(), unique("theirs"));
        var address = "/settings/tokens/" + token.id();
        expect(leaver.patch("{'enabled': false}"), 200);
        var theirs = "/accounts/" + leaver.accountId() + "/tokens";
        assertThat(page(administrator(), "/accounts/" + leaver.accountId())).contains("href=\"" + theirs + "\"");
        // The list shows it: another session than this one made it.
        expect(administrator().after(token.answer()).get("/api" + theirs), 200);
        var html = page(administrator(), theirs);
        assertThat(text(html)).contains("somebody else's tokens", "Move", "Delete");
        assertThat(html).doesNotContain(address + "/edit").doesNotContain(theirs + "/new");
        assertThat(page(administrator(), address)).doesNotContain(address + "/edit");
        expect(Html.get(administrator(), address + "/edit"), 403);
        expect(Html.get(administrator(), theirs + "/new"), 403);
        expect(post(administrator(), address + "/transfer", "accountId", service), 302);
        assertThat(token.status()).isEqualTo(200);
        assertThat(text(page(owner.session(), list)))
                .contains(Html.text(token.answer().json().path("name").asString()));
    }
}
