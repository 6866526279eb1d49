package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.ServerProcess;
import io.keyledger.server.rest.Contract.Person;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /api/leaked-tokens}. */
class LeakedTokensTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    private static Answer report(Client client, List<String> values) {
        return client.post(
                "/api/leaked-tokens", values.stream().collect(Collectors.joining("\",\"", "{\"tokens\":[\"", "\"]}")));
    }

    /** Tomcat closes a connection after a hundred requests, and says so. */
    private static Set<String> headers(Answer answer) {
        var names = new TreeSet<>(answer.response().headers().map().keySet());
        names.remove("connection");
        return names;
    }

    @Test
    void a_real_one_is_revoked_at_once_and_the_answer_is_the_same_for_all() {
        var token = create(owner.session(), unique("leaked"));
        var other = create(owner.session(), unique("other"));
        var real = expect(report(anybody(), List.of("nonsense", token.value(), token.value())), 202);
        assertThat(token.status()).isEqualTo(401);
        assertThat(other.status()).isEqualTo(200);
        var unreal =
                expect(report(anybody(), List.of(TokenValue.generate("klt_").reveal())), 202);
        assertThat(real.response().body()).isEmpty();
        assertThat(headers(real)).isEqualTo(headers(unreal));
        expect(report(anybody(), List.of(token.value())), 202);

        // The answer names no position, so that it tells nothing; another change after it does.
        var later = create(owner.session(), unique("later")).answer();
        var revoked = trail(owner.session(), later, "type=token.revoked&tokenId=" + token.id());
        assertThat(revoked).hasSize(1);
        assertThat(revoked.getFirst().path("details").path("reason").asString()).isEqualTo("leaked");
        assertThat(types(trail(owner.session(), later, "tokenId=" + token.id())))
                .filteredOn(type -> type.equals("token.leaked"))
                .hasSize(1);
    }

    @Test
    void a_retired_value_harms_nobody_and_is_told_once() {
        var token = create(owner.session(), unique("retired"));
        expect(owner.session().post(token.path() + "/rotate", "{\"overlap\": \"0s\"}"), 200);
        expect(report(anybody(), List.of(token.value())), 202);
        expect(report(anybody(), List.of(token.value())), 202);
        var later = create(owner.session(), unique("later")).answer();
        assertThat(types(trail(owner.session(), later, "tokenId=" + token.id())))
                .containsOnlyOnce("token.leaked")
                .doesNotContain("token.revoked");
    }

    @Test
    void a_thousand_at_once_and_no_more() {
        var token = create(owner.session(), unique("many"));
        var values = Stream.concat(
                        Stream.generate(() -> TokenValue.generate("klt_").reveal())
                                .limit(999),
                        Stream.of(token.value()))
                .toList();
        expect(report(anybody(), values), 202);
        assertThat(token.status()).isEqualTo(401);
        refused(report(anybody(), Collections.nCopies(1_001, "x")), 422, "too_many");
    }

    @Test
    void what_is_no_report_is_refused() {
        refused(anybody().post("/api/leaked-tokens", "{}"), 422, "required");
        refused(anybody().post("/api/leaked-tokens", "{\"tokens\":[1]}"), 400, "malformed_fields");
        refused(anybody().post("/api/leaked-tokens", "[]"), 400, "malformed_json");
        refused(anybody().post("/api/leaked-tokens/github", "[]"), 404, "not_configured");
    }

    @Test
    void reports_are_limited_and_github_signs_its_own(@TempDir Path folder) throws Exception {
        var key = key();
        var keys = folder.resolve("keys.json");
        Files.writeString(
                keys,
                "{\"public_keys\":[{\"key_identifier\":\"k1\",\"key\":\"-----BEGIN PUBLIC KEY-----\\n%s\\n-----END PUBLIC KEY-----\\n\",\"is_current\":true}]}"
                        .formatted(Base64.getEncoder()
                                .encodeToString(key.getPublic().getEncoded())));
        try (var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(Contract.database()))
                .with("KEYLEDGER_LEAKS_GITHUBKEYSURL", keys.toUri().toString())
                .with("KEYLEDGER_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")
                .start()) {
            var token = create(owner.session(), unique("on github"));
            var body =
                    "[{\"token\":\"%s\",\"type\":\"keyledger\",\"url\":\"https://example.org/x\",\"source\":\"commit\"}]"
                            .formatted(token.value());
            refused(gitHub(server, "k1", "AAAA", body), 403, "invalid_signature");
            refused(gitHub(server, "k2", signature(key, body), body), 403, "invalid_signature");
            refused(gitHub(server, "k1", signature(key(), body), body), 403, "invalid_signature");
            refused(gitHub(server, "k1", signature(key, body), body + " "), 403, "invalid_signature");
            refused(server.client().post("/api/leaked-tokens/github", body), 403, "invalid_signature");
            assertThat(token.status()).isEqualTo(200);

            var many = "[{\"token\":\"x\",\"url\":\"%s\",\"new\":{\"a\":[1]}}]".formatted("u".repeat(300_000));
            expect(gitHub(server, "k1", signature(key, many), many), 202);
            refused(gitHub(server, "k1", signature(key, "null"), "null"), 400, "malformed_json");
            refused(gitHub(server, "k1", signature(key, "{"), "{"), 400, "malformed_json");

            expect(gitHub(server, "k1", signature(key, body), body), 202);
            assertThat(token.status()).isEqualTo(401);
            // Replayed, it changes nothing any more.
            expect(gitHub(server, "k1", signature(key, body), body), 202);
            var later = create(owner.session(), unique("later")).answer();
            var leaks = trail(owner.session(), later, "type=token.leaked&tokenId=" + token.id());
            assertThat(leaks).hasSize(1);
            assertThat(leaks.getFirst().path("details").path("source").asString())
                    .isEqualTo("github");
            assertThat(leaks.getFirst().path("details").path("url").asString()).isEqualTo("https://example.org/x");

            var busy = server.client().header("X-Forwarded-For", "192.0.2.77");
            var answer = expect(report(busy, List.of("x")), 202);
            for (var i = 0; i < 61 && answer.status() == 202; i++) {
                answer = report(busy, List.of("x"));
            }
            refused(answer, 429, "too_many_reports");
            assertThat(answer.header("Retry-After")).isNotEmpty();
        }
    }

    private static Answer gitHub(ServerProcess server, String keyId, String signature, String body) {
        return server.client()
                .header("Github-Public-Key-Identifier", keyId)
                .header("Github-Public-Key-Signature", signature)
                .post("/api/leaked-tokens/github", body);
    }

    private static KeyPair key() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static String signature(KeyPair key, String body) throws GeneralSecurityException {
        var signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(key.getPrivate());
        signer.update(body.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(signer.sign());
    }
}
