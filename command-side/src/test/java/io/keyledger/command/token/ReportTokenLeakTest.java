package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.token.ReportTokenLeak;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import org.junit.jupiter.api.Test;

class ReportTokenLeakTest {

    private static final TokenRevoked REVOKED = new TokenRevoked("tok_1", "acc_ada", RevocationReason.LEAKED);

    @Test
    void a_token_whose_value_is_public_is_revoked() {
        given(created()).when(report("digest")).expectEvents(leaked(), REVOKED);
    }

    @Test
    void so_is_one_whose_value_from_before_a_rotation_is_still_accepted() {
        given(created(), new TokenRotated("tok_1", "acc_ada", "second", "klt_efgh", NOON.plusMillis(1)))
                .when(report("digest"))
                .expectEvents(leaked(), REVOKED);
    }

    @Test
    void a_value_that_is_not_accepted_any_more_harms_nobody() {
        given(created(), new TokenRotated("tok_1", "acc_ada", "second", "klt_efgh", NOON))
                .when(report("digest"))
                .expectEvents(leaked());
    }

    @Test
    void a_revoked_token_is_past_harm() {
        given(created(), REVOKED).when(report("digest")).expectNoEvents();
    }

    private static ReportTokenLeak report(String digest) {
        return new ReportTokenLeak("tok_1", digest, "klt_abcd", "github", "https://example.org/leak");
    }

    private static TokenLeaked leaked() {
        return new TokenLeaked("tok_1", "acc_ada", "klt_abcd", "github", text("https://example.org/leak"));
    }
}
