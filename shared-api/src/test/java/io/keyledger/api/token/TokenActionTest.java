package io.keyledger.api.token;

import static io.keyledger.api.token.TokenAction.CHANGE;
import static io.keyledger.api.token.TokenAction.READ;
import static io.keyledger.api.token.TokenAction.WITHDRAW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who does what with whose tokens. */
class TokenActionTest {

    private static final AccountDetails ADA = account("acc_ada", AccountType.PERSON, false);
    private static final AccountDetails ROOT = account("acc_root", AccountType.PERSON, true);
    private static final AccountDetails BUILDS = account("acc_builds", AccountType.SERVICE, false, "acc_ada");
    private static final AccountDetails ADMIN_BUILDS = account("acc_builds", AccountType.SERVICE, true, "acc_ada");
    private static final List<AccountDetails> ALL = List.of(ADA, ROOT, BUILDS, ADMIN_BUILDS);

    @Test
    void everybody_manages_their_own() {
        for (var action : TokenAction.values()) {
            action.require(person("acc_ada", false), ADA);
            action.require(person("acc_root", true), ROOT);
            action.require(token("acc_builds", "tokens:read", "tokens:write"), BUILDS);
        }
    }

    @Test
    void owners_manage_their_service_accounts() {
        for (var action : TokenAction.values()) {
            action.require(person("acc_ada", false), BUILDS);
            action.require(person("acc_ada", false), ADMIN_BUILDS);
            action.require(token("acc_ada", "tokens:read", "tokens:write"), BUILDS);
        }
    }

    @Test
    void a_token_needs_the_permission() {
        for (var account : List.of(ADA, BUILDS)) {
            READ.require(token("acc_ada", "tokens:read"), account);
            CHANGE.require(token("acc_ada", "tokens:write"), account);
            refused("permission_missing", READ, token("acc_ada", "tokens:write"), account);
            refused("permission_missing", CHANGE, token("acc_ada", "tokens:read"), account);
            refused("permission_missing", WITHDRAW, token("acc_ada", "tokens:read"), account);
        }
    }

    @Test
    void for_all_others_the_account_is_not_there() {
        for (var account : ALL) {
            for (var action : TokenAction.values()) {
                refused("account_not_found", action, person("acc_bob", false), account);
                refused("account_not_found", action, token("acc_bob", "tokens:read", "tokens:write"), account);
                // A token of an administrator is no administrator.
                refused("account_not_found", action, token("acc_eve", "tokens:read", "tokens:write"), account);
            }
        }
    }

    @Test
    void administrators_manage_service_accounts_and_only_see_and_withdraw_the_tokens_of_persons() {
        for (var account : ALL) {
            READ.require(person("acc_eve", true), account);
            WITHDRAW.require(person("acc_eve", true), account);
        }
        CHANGE.require(person("acc_eve", true), BUILDS);
        CHANGE.require(person("acc_eve", true), ADMIN_BUILDS);
        refused("not_your_tokens", CHANGE, person("acc_eve", true), ADA);
        refused("not_your_tokens", CHANGE, person("acc_eve", true), ROOT);
    }

    @Test
    void a_token_that_provisions_manages_all_but_administrators() {
        for (var action : TokenAction.values()) {
            action.require(token("acc_eve", "accounts:provision"), ADA);
            action.require(token("acc_eve", "accounts:provision"), BUILDS);
            refused("administrators_account", action, token("acc_eve", "accounts:provision"), ROOT);
            refused("administrators_account", action, token("acc_eve", "accounts:provision"), ADMIN_BUILDS);
            refused("administrators_account", action, token("acc_root", "accounts:provision"), ROOT);
        }
    }

    @Test
    void nobody_unknown_does_anything() {
        var anonymous = Caller.anonymous(new Origin(null, null, "c"));
        for (var account : ALL) {
            refused("authentication_required", READ, anonymous, account);
        }
    }

    private static void refused(String code, TokenAction action, Caller caller, AccountDetails account) {
        assertThatThrownBy(() -> action.require(caller, account))
                .isInstanceOfSatisfying(
                        Refusal.class,
                        refusal -> assertThat(refusal.code()).as(account.id()).isEqualTo(code));
    }

    private static Caller person(String accountId, boolean administrator) {
        return new Caller(
                Caller.Kind.SESSION,
                accountId,
                null,
                "s1",
                administrator,
                administrator
                        ? Set.of("tokens:read", "tokens:write", "audit:read", "accounts:provision")
                        : Set.of("tokens:read", "tokens:write"),
                new Origin(null, null, "c"));
    }

    private static Caller token(String accountId, String... permissions) {
        return new Caller(
                Caller.Kind.TOKEN, accountId, "tok_1", null, true, Set.of(permissions), new Origin(null, null, "c"));
    }

    private static AccountDetails account(String id, AccountType type, boolean administrator, String... owners) {
        return new AccountDetails(
                id, type, null, "Somebody", administrator, true, false, List.of(owners), Instant.EPOCH, null, 0);
    }
}
