package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TransferToken;
import io.keyledger.command.Refused;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransferTokenTest {

    @Test
    void a_token_moves_with_all_that_is_personal_in_it() {
        given(created()).when(transfer("acc_ada")).expectEvents(transferred());
    }

    @Test
    void from_then_on_it_is_the_new_owners_alone() {
        given(created(), transferred())
                .when(new RenameToken("tok_1", "acc_bot", "cd"))
                .expectEvents(new TokenRenamed("tok_1", "acc_bot", text("ci"), text("cd")));
        given(created(), transferred())
                .when(new RenameToken("tok_1", "acc_ada", "cd"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void a_transfer_to_its_owner_appends_nothing() {
        given(created())
                .when(new TransferToken("tok_1", "acc_ada", "acc_ada", Set.of()))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_where_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(transfer("acc_ada"))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"));
    }

    @Test
    void a_token_stays_where_it_could_do_more_than_whoever_asks() {
        given(created())
                .when(new TransferToken("tok_1", "acc_ada", "acc_bot", Set.of("tokens:read", "audit:read")))
                .expectException(Refused.with(Refusal.Forbidden.class, "permission_not_held"))
                .expectNoEvents();
        given(created())
                .when(new TransferToken("tok_1", "acc_ada", "acc_bot", Set.of("audit:read")))
                .expectEvents(transferred());
    }

    private static TransferToken transfer(String owner) {
        return new TransferToken("tok_1", owner, "acc_bot", Set.of());
    }

    private static TokenTransferred transferred() {
        return new TokenTransferred("tok_1", "acc_bot", "acc_ada", text("ci"), text("Builds"), null);
    }
}
