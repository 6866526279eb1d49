package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChangeTokenPermissionsTest {

    @Test
    void a_token_may_do_more_and_less() {
        given(created())
                .when(grant("acc_ada", Set.of("tokens:write", "invoices:read")))
                .expectEvents(new TokenPermissionsChanged(
                        "tok_1", "acc_ada", List.of("tokens:read"), List.of("invoices:read", "tokens:write")))
                .expectResultMessagePayload(details("ci", "Builds", List.of("invoices:read", "tokens:write"), null, 1));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(created()).when(grant("acc_ada", Set.of("tokens:read"))).expectNoEvents();
    }

    @Test
    void what_one_does_not_hold_cannot_be_granted() {
        given(created())
                .when(grant("acc_ada", Set.of("tokens:read", "audit:read")))
                .expectException(Refused.fields("permissions permission_not_held"))
                .expectNoEvents();
    }

    @Test
    void what_was_granted_before_may_stay_though_one_does_not_hold_it() {
        given(created(), new TokenPermissionsChanged("tok_1", "acc_ada", List.of(), List.of("audit:read")))
                .when(grant("acc_ada", Set.of("audit:read", "tokens:write")))
                .expectEvents(new TokenPermissionsChanged(
                        "tok_1", "acc_ada", List.of("audit:read"), List.of("audit:read", "tokens:write")));
    }

    @Test
    void what_was_taken_out_of_the_catalogue_may_stay_and_cannot_be_granted() {
        given(created(), new TokenPermissionsChanged("tok_1", "acc_ada", List.of(), List.of("gone:read")))
                .when(grant("acc_ada", Set.of("gone:read", "tokens:read")))
                .expectSuccessfulHandlerExecution();
        given(created())
                .when(grant("acc_ada", Set.of("gone:read")))
                .expectException(Refused.fields("permissions unknown_permission"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(grant("acc_ada", Set.of()))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(grant("acc_eve", Set.of()))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found_whatever_version_is_asked_for() {
        given(created())
                .when(grant("acc_eve", Set.of()), Map.of(IfMatch.METADATA, 7L))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(grant("acc_ada", Set.of()), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(grant("acc_ada", Set.of()), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }

    private static ChangeTokenPermissions grant(String accountId, Set<String> permissions) {
        return new ChangeTokenPermissions(
                "tok_1", accountId, permissions, Set.of("tokens:read", "tokens:write", "invoices:read"));
    }
}
