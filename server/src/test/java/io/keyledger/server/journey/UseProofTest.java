package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a token's uses after servers were stopped, in order or not. */
class UseProofTest {

    @TempDir
    Path directory;

    @Test
    void a_killed_server_leaves_an_unknown_time_and_a_stopped_one_leaves_nothing_unwritten() {
        var server = ServerProcess.onDirectory(directory).start();
        try {
            var owner = People.signIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
            var lost = People.createToken(owner, "used before the kill");
            assertThat(People.status(server, lost.value())).isEqualTo(200);
            awaitFirstUse(owner, lost.id());
            server.kill();

            server = ServerProcess.onDirectory(directory).start();
            owner = owner.at(server);
            var revoked = owner.delete("/api/tokens/" + lost.id());
            assertThat(revoked.status()).isEqualTo(204);
            var proof = owner.get("/api/tokens/" + lost.id() + "/revocation").json();
            assertThat(proof.path("position").asString()).isEqualTo(revoked.header("Keyledger-Position"));
            // The first use is an event; from where, and whether there were more, was not written yet.
            assertThat(proof.path("lastAcceptedUse").path("ipAddress").isNull()).isTrue();
            assertThat(proof.path("lastAcceptedUse").path("at").asString()).isNotEmpty();
            assertThat(proof.path("acceptedSince").path("count").asInt()).isZero();
            var unknown = proof.path("unknown").path(0);
            assertThat(unknown.path("why").asString()).startsWith("A node stopped without writing what it had seen.");
            assertThat(unknown.path("until").asString())
                    .isLessThan(proof.path("revokedAt").asString());
            assertThat(proof.path("sentence").asString())
                    .contains("It was last accepted at", "A node stopped without writing");

            var kept = People.createToken(owner, "used before the end");
            assertThat(People.status(server, kept.value())).isEqualTo(200);
            server.close();

            server = ServerProcess.onDirectory(directory).start();
            owner = owner.at(server);
            var use = owner.get("/api/tokens/" + kept.id() + "/use").json();
            assertThat(use.path("days").path(0).path("accepted").asInt()).isEqualTo(1);
            assertThat(use.path("addresses").path(0).path("ipAddress").asString())
                    .isEqualTo("127.0.0.1");
            owner.delete("/api/tokens/" + kept.id());
            var complete = owner.get("/api/tokens/" + kept.id() + "/revocation").json();
            assertThat(complete.path("lastAcceptedUse").path("at")).isEqualTo(use.path("lastUsedAt"));
        } finally {
            server.close();
        }
        assertThat(server.output()).doesNotContain("ERROR", "were not written");
    }

    private static void awaitFirstUse(Client owner, String tokenId) {
        await().until(() -> owner.get("/api/audit-events?type=token.first-used&tokenId=" + tokenId)
                        .json()
                        .path("items")
                        .size()
                == 1);
    }
}
