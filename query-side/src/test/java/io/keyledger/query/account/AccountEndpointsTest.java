package io.keyledger.query.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.query.Web;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccountEndpointsTest {

    private static final AccountDetails ADA = new AccountDetails(
            "acc_ada",
            AccountType.PERSON,
            "ada@example.org",
            "Ada",
            false,
            true,
            false,
            List.of(),
            Instant.parse("2026-11-30T12:00:00Z"),
            null,
            4);

    private final Web web = new Web()
            .answer(FindAccounts.class, new AccountPage(List.of(ADA), "next"))
            .answer(GetAccount.class, ADA);

    @Test
    void a_person_sees_the_own_account() {
        var response = web.as(Web.person("acc_ada", false)).get(AccountEndpoints::new, "/api/account");

        assertThat(web.lastAsked()).isEqualTo(new GetAccount("acc_ada", null));
        assertThat(response.getHeader("ETag")).isEqualTo("\"4\"");
    }

    @Test
    void a_token_sees_no_account_without_permission() {
        web.as(Web.token("acc_ada", "tok_1", true, "tokens:read"));

        assertThat(web.refused(AccountEndpoints::new, "/api/account").code()).isEqualTo("person_required");
        for (var path : List.of("/api/accounts", "/api/accounts/acc_ada")) {
            assertThat(web.refused(AccountEndpoints::new, path).code()).as(path).isEqualTo("permission_missing");
        }
    }

    @Test
    void only_administrators_see_other_accounts() {
        web.as(Web.person("acc_ada", false));
        assertThat(web.refused(AccountEndpoints::new, "/api/accounts").code()).isEqualTo("administrator_required");
        assertThat(web.refused(AccountEndpoints::new, "/api/accounts/acc_ada").code())
                .isEqualTo("administrator_required");

        web.as(Web.person("acc_eve", true));
        assertThat(web.get(AccountEndpoints::new, "/api/accounts/acc_ada").getHeader("ETag"))
                .isEqualTo("\"4\"");
        var list = web.get(AccountEndpoints::new, "/api/accounts?status=disabled&search=ada&type=person&limit=5");
        assertThat(web.lastAsked()).isEqualTo(new FindAccounts("ada", false, AccountType.PERSON, null, 5, null, null));
        assertThat(list.getHeader("Link"))
                .isEqualTo("</api/accounts?search=ada&status=disabled&type=person&limit=5&cursor=next>; rel=\"next\"");
        assertThat(web.refused(AccountEndpoints::new, "/api/accounts?type=robot")
                        .code())
                .isEqualTo("invalid_type");
    }

    @Test
    void a_token_that_provisions_sees_all_accounts() {
        web.as(Web.token("acc_eve", "tok_1", true, "accounts:provision"));

        web.get(AccountEndpoints::new, "/api/accounts/acc_ada");
        web.get(AccountEndpoints::new, "/api/accounts?type=service");
        assertThat(web.lastAsked()).isEqualTo(new FindAccounts(null, null, AccountType.SERVICE, null, 50, null, null));
    }

    @Test
    void everybody_sees_the_service_accounts_that_they_own() {
        web.as(Web.person("acc_ada", false, "tokens:read")).get(AccountEndpoints::new, "/api/account/service-accounts");
        assertThat(web.lastAsked())
                .isEqualTo(new FindAccounts(null, null, AccountType.SERVICE, "acc_ada", 50, null, null));
        assertThat(web.as(Web.token("acc_ada", "tok_1", false))
                        .refused(AccountEndpoints::new, "/api/account/service-accounts")
                        .code())
                .isEqualTo("permission_missing");
    }

    @Test
    void a_status_is_enabled_or_disabled_or_both() {
        assertThat(AccountEndpoints.enabled(null)).isNull();
        assertThat(AccountEndpoints.enabled(List.of("enabled"))).isTrue();
        assertThat(AccountEndpoints.enabled(List.of("disabled"))).isFalse();
        assertThat(AccountEndpoints.enabled(List.of("disabled,enabled"))).isNull();
        assertThat(web.as(Web.person("acc_eve", true))
                        .refused(AccountEndpoints::new, "/api/accounts?status=locked")
                        .code())
                .isEqualTo("invalid_status");
    }

    @Test
    void nobody_unknown_sees_anything() {
        for (var path : List.of("/api/account", "/api/accounts", "/api/accounts/acc_ada")) {
            assertThat(web.refused(AccountEndpoints::new, path)).as(path).isInstanceOf(Refusal.Unauthenticated.class);
        }
    }
}
