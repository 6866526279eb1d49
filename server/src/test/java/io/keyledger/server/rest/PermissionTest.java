package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.APPROVE_INVOICES;
import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What tokens may do, and who may grant it; {@code GET /api/permissions}. */
class PermissionTest {

    @Test
    void the_catalogue_has_the_built_in_permissions_and_the_products_own() {
        var catalogue = expect(person().token().get("/api/permissions"), 200);
        assertThat(texts(catalogue, "name"))
                .containsExactly(
                        "tokens:read",
                        "tokens:write",
                        "audit:read",
                        "introspect",
                        "accounts:provision",
                        READ_INVOICES,
                        APPROVE_INVOICES);
        assertThat(texts(catalogue, "description")).doesNotContain("").contains("Read invoices.");
        refused(Contract.anybody().get("/api/permissions"), 401, "authentication_required");
    }

    @Test
    void anybody_grants_what_is_not_for_administrators_only() {
        var owner = person();
        create(owner.session(), unique("granted"), "tokens:read", "tokens:write", READ_INVOICES);
        for (var permission : List.of("audit:read", "introspect", "accounts:provision", APPROVE_INVOICES)) {
            refusedFields(
                    owner.session()
                            .post("/api/tokens", json("{'name': 'x', 'permissions': ['%s']}".formatted(permission))),
                    422,
                    "permissions=permission_not_held");
        }
    }

    @Test
    void a_token_of_an_administrator_is_limited_by_its_permissions() {
        var second = secondAdministrator();
        var token = second.token("audit:read", APPROVE_INVOICES);
        expect(token.get("/api/audit-events"), 200);
        for (var path : List.of("/api/account", "/api/sessions")) {
            refused(token.get(path), 403, "person_required");
        }
        for (var path : List.of("/api/accounts", "/api/accounts/" + second.accountId(), "/api/tokens")) {
            refused(token.get(path), 403, "permission_missing");
        }
        refused(token.post("/api/accounts", "{}"), 403, "permission_missing");
        refused(token.patch("/api/accounts/" + second.accountId(), "{}"), 403, "permission_missing");
        refused(token.post("/api/accounts/" + second.accountId() + "/reset-link", "{}"), 403, "permission_missing");
        refused(
                token.put(
                        "/api/account/password",
                        json("{'currentPassword': 'a', 'newPassword': 'b', 'confirmNewPassword': 'b'}")),
                403,
                "person_required");
        refused(token.patch("/api/account", "{}"), 403, "person_required");
        refused(token.delete("/api/session"), 403, "person_required");
    }

    @Test
    void a_demoted_administrators_token_loses_what_only_administrators_hold_at_once() {
        var second = secondAdministrator();
        var token = create(second.session(), unique("administrators"), "audit:read", "tokens:read", "tokens:write");
        expect(token.use().get("/api/audit-events"), 200);
        expect(second.patch("{'administrator': false}"), 200);
        refused(token.use().get("/api/audit-events"), 403, "permission_missing");
        expect(token.use().get("/api/tokens"), 200);
        refused(second.session().get("/api/accounts"), 403, "administrator_required");
        refusedFields(
                token.use().post("/api/tokens", json("{'name': 'x', 'permissions': ['audit:read']}")),
                422,
                "permissions=permission_not_held");
        expect(second.patch("{'administrator': true}"), 200);
        expect(token.use().get("/api/audit-events"), 200);
    }

    @Test
    void the_administrators_themselves_may_grant_everything() {
        create(
                administrator(),
                unique("all"),
                "audit:read",
                "introspect",
                "accounts:provision",
                APPROVE_INVOICES,
                "tokens:write");
    }
}
