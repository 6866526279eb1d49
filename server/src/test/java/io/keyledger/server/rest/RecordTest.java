package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.database;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.server;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.page;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.audit.EventProof;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.Frontier;
import io.keyledger.query.record.Hash;
import io.keyledger.query.record.InclusionProof;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.VerifierKey;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The record as it is published, and proofs of what is in it. */
class RecordTest {

    private static final JsonMapper JSON = new JsonMapper();

    private static Person me;
    private static Issued token;

    /** Of the event that created the token. */
    private static String eventId;

    @BeforeAll
    static void makeHistory() {
        me = person();
        token = create(me.session(), unique("token"), "tokens:read");
        eventId = eventOf(token);
    }

    private static String eventOf(Issued token) {
        return trail(me.session(), token.answer(), "type=token.created&tokenId=" + token.id())
                .getFirst()
                .path("id")
                .asString();
    }

    private static String proof(String eventId) {
        return "/api/audit-events/" + eventId + "/proof";
    }

    private static VerifierKey key() {
        return VerifierKey.parse(expect(anybody().get("/.well-known/keyledger/verifier-key"), 200)
                .response()
                .body());
    }

    private static void holds(InclusionProof proof, String eventId) {
        assertThat(proof.checkpoint().check(key())).isEqualTo(SignedNote.Check.SIGNED);
        assertThat(proof.holds()).isTrue();
        assertThat(proof.entry().eventId()).isEqualTo(eventId);
        assertThat(proof.entry().payloadType()).isEqualTo("token.created");
    }

    @Test
    void an_event_is_proven_to_who_knows_the_key_alone() {
        var answer = expect(me.session().get(proof(eventId)), 200).json();

        assertThat(fields(answer)).containsExactly("checkpoint", "entry", "eventId", "hashes", "index", "size");
        holds(InclusionProof.of(JSON.treeToValue(answer, EventProof.class)), eventId);
    }

    @Test
    void a_new_event_is_proven_at_once() {
        for (var i = 0; i < 3; i++) {
            var created = create(me.session(), unique("token"), "tokens:read");
            var event = eventOf(created);
            holds(
                    InclusionProof.of(JSON.treeToValue(
                            expect(administrator().get(proof(event)), 200).json(), EventProof.class)),
                    event);
        }
    }

    @Test
    void a_proof_to_keep_is_a_text() {
        var answer = expect(me.session().header("Accept", "text/plain").get(proof(eventId)), 200);

        assertThat(answer.header("Content-Type")).isEqualToIgnoringCase("text/plain;charset=UTF-8");
        assertThat(answer.header("Content-Disposition"))
                .isEqualTo("attachment; filename=\"" + eventId + ".tlog-proof\"");
        holds(InclusionProof.parse(answer.response().body()), eventId);
    }

    @Test
    void a_proof_is_for_who_may_read_the_event() {
        expect(secondAdministrator().token("audit:read").get(proof(eventId)), 200);
        expect(administrator().get(proof(eventId)), 200);

        refused(anybody().get(proof(eventId)), 401, "authentication_required");
        refused(me.token("tokens:read").get(proof(eventId)), 403, "permission_missing");
        refused(person().session().get(proof(eventId)), 404, "audit_event_not_found");
        refused(administrator().get(proof("none")), 404, "audit_event_not_found");
    }

    @Test
    void the_page_offers_the_proof_to_keep() {
        var page = page(me.session(), "/settings/tokens/" + token.id());
        assertThat(page).contains("href=\"/activity/" + eventId + "/proof\"").contains("Download the proof");

        var answer = expect(me.session().header("Accept", "text/html").get("/activity/" + eventId + "/proof"), 200);
        assertThat(answer.header("Content-Disposition"))
                .isEqualTo("attachment; filename=\"" + eventId + ".tlog-proof\"");
        holds(InclusionProof.parse(answer.response().body()), eventId);
        var stranger = person().session().header("Accept", "text/html");
        assertThat(expect(stranger.get("/activity/" + eventId + "/proof"), 404).header("Content-Type"))
                .startsWith("text/html");
    }

    @Test
    void administrators_have_a_checkpoint_signed_when_they_want() {
        create(me.session(), unique("token"), "tokens:read");
        var answer =
                expect(administrator().post("/api/admin/checkpoint", ""), 200).json();

        var note = SignedNote.parse(answer.path("note").asString());
        assertThat(note.check(key())).isEqualTo(SignedNote.Check.SIGNED);
        var checkpoint = Checkpoint.parse(note.text());
        assertThat(checkpoint.size()).isEqualTo(answer.path("size").asLong());
        assertThat(checkpoint.origin()).isEqualTo(key().name()).matches("keyledger/[0-9a-f]{16}");
        refused(me.session().post("/api/admin/checkpoint", ""), 403, "administrator_required");
        refused(secondAdministrator().token("audit:read").post("/api/admin/checkpoint", ""), 403, "person_required");
        refused(anybody().post("/api/admin/checkpoint", ""), 401, "authentication_required");
    }

    @Test
    void the_newest_checkpoint_is_public() {
        expect(administrator().post("/api/admin/checkpoint", ""), 200);

        var published = expect(anybody().get("/.well-known/keyledger/checkpoint"), 200);
        assertThat(published.header("Content-Type")).isEqualToIgnoringCase("text/plain;charset=UTF-8");
        assertThat(published.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(SignedNote.parse(published.response().body()).check(key())).isEqualTo(SignedNote.Check.SIGNED);
    }

    @Test
    void the_trees_hashes_are_public_and_give_the_checkpoints_root() throws Exception {
        expect(administrator().post("/api/admin/checkpoint", ""), 200);
        var checkpoint =
                Checkpoint.parse(SignedNote.parse(expect(anybody().get("/.well-known/keyledger/checkpoint"), 200)
                                .response()
                                .body())
                        .text());

        var tree = new Frontier();
        for (var tile = 0; tile <= checkpoint.size() / 256; tile++) {
            var width = Math.min(256, checkpoint.size() - tile * 256L);
            if (width > 0) {
                var answer = tile(("/0/%03d" + (width == 256 ? "" : ".p/" + width)).formatted(tile));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
                assertThat(answer.headers().firstValue("Cache-Control"))
                        .hasValue("max-age=31536000, public, immutable");
                assertThat(answer.body()).hasSize((int) (32 * width));
                for (var at = 0; at < answer.body().length; at += 32) {
                    tree.append(Hash.of(Arrays.copyOfRange(answer.body(), at, at + 32)));
                }
            }
        }
        assertThat(tree.root()).isEqualTo(checkpoint.root());
    }

    private static HttpResponse<byte[]> tile(String path) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(server().address().resolve("/.well-known/keyledger/tile" + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/0/999",
                "/0/000.p/0",
                "/0/000.p/256",
                "/0/000.p/999",
                "/0/000.p/01",
                "/0/000.p",
                "/0/0",
                "/0/x000",
                "/0/x000/x000",
                "/0/x999/999",
                "/00/000",
                "/7/000",
                "/8/000",
                "/63/000",
                "/entries/000",
                "/0/abc"
            })
    void there_are_no_other_tiles(String path) {
        refused(anybody().get("/.well-known/keyledger/tile" + path), 404, "tile_not_found");
    }

    @Test
    void what_was_altered_is_not_proven() {
        var event = eventOf(create(me.session(), unique("token"), "tokens:read"));
        expect(me.session().get(proof(event)), 200);
        alter("update event.domain_event set metadata = metadata || ' ' where event_identifier = '" + event + "'");
        try {
            refused(me.session().get(proof(event)), 409, "record_altered");
        } finally {
            alter("update event.domain_event set metadata = substr(metadata, 1, length(metadata) - 1)"
                    + " where event_identifier = '" + event + "'");
        }
        expect(me.session().get(proof(event)), 200);
    }

    private static void alter(String statement) {
        new JdbcTemplate(database()).execute((Connection connection) -> {
            try (var sql = connection.createStatement()) {
                sql.execute("set session_replication_role = replica");
                assertThat(sql.executeUpdate(statement)).isEqualTo(1);
                sql.execute("reset session_replication_role");
            }
            return null;
        });
    }
}
