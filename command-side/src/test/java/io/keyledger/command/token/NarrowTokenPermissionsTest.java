package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.NarrowTokenPermissions;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NarrowTokenPermissionsTest {

    private static final TokenPermissionsChanged WIDENED = new TokenPermissionsChanged(
            "tok_1", "acc_ada", List.of("tokens:read"), List.of("gone:read", "tokens:read", "tokens:write"));

    @Test
    void what_a_token_was_not_used_for_is_taken_away() {
        given(created(), WIDENED)
                .when(narrow("acc_ada", "tokens:read"))
                .expectEvents(
                        new TokenPermissionsChanged("tok_1", "acc_ada", WIDENED.permissions(), List.of("tokens:read")))
                .expectResultMessagePayload(details("ci", "Builds", List.of("tokens:read"), null, 2));
    }

    @Test
    void nothing_is_ever_added() {
        given(created(), WIDENED)
                .when(narrow("acc_ada", "tokens:read", "tokens:write", "audit:read"))
                .expectEvents(new TokenPermissionsChanged(
                        "tok_1", "acc_ada", WIDENED.permissions(), List.of("tokens:read", "tokens:write")));
    }

    @Test
    void a_token_that_needs_all_it_has_stays_as_it_is() {
        given(created()).when(narrow("acc_ada", "tokens:read")).expectNoEvents();
        given(created(), new TokenPermissionsChanged("tok_1", "acc_ada", List.of("tokens:read"), List.of()))
                .when(narrow("acc_ada"))
                .expectSuccessfulHandlerExecution()
                .expectNoEvents();
    }

    @Test
    void a_token_that_was_not_used_does_not_lose_all() {
        given(created())
                .when(narrow("acc_ada", "invoices:read"))
                .expectException(Refused.with(Refusal.Conflict.class, "permissions_unused"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(narrow("acc_ada", "tokens:read"))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(narrow("acc_eve", "tokens:read"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), WIDENED)
                .when(narrow("acc_ada", "tokens:read"), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
    }

    private static NarrowTokenPermissions narrow(String accountId, String... used) {
        return new NarrowTokenPermissions("tok_1", accountId, Set.of(used));
    }
}
