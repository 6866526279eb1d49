package io.keyledger.query.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.subtle.AesGcmJce;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.query.audit.AuditExports.Format;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.ExportVerification;
import io.keyledger.query.record.ExportVerification.Finding.Kind;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordReader;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.SignedNote;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Exports of a log in PostgreSQL, and what they prove. */
class AuditExportsTest {

    private static final Path SAMPLES = Path.of("src/test/resources/events");
    private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestLog log = new TestLog(database);
    private final EventSerializer serializer = new EventSerializer(Event.types());
    private final AuditTrail trail = new AuditTrail(
            jdbc, serializer, new TestDataKeys(database), log.positions(), Clock.fixed(NOW, ZoneOffset.UTC));
    private final RecordKeys recordKeys = recordKeys();
    private final Checkpoints checkpoints = new Checkpoints(
            database,
            recordKeys,
            new RecordSequencer(database, new DataSourceTransactionManager(database)),
            new DataSourceTransactionManager(database));
    private final AuditExports exports =
            new AuditExports(trail, new RecordReader(new JdbcTemplate(database), checkpoints));

    private RecordKeys recordKeys() {
        try {
            return new RecordKeys(jdbc, new AesGcmJce(new byte[32]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    // A log

    private void append(String type, String revision, String payload, String metadata, Instant at) {
        jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            select 'e' || n, 'aggregate' || n, 0, 'Account', :at, :type, :revision, :payload, :metadata
            from (select count(*) + 1 as n from event.domain_event) as next\
            """)
                .param("at", at.atOffset(ZoneOffset.UTC))
                .param("type", type)
                .param("revision", revision)
                .param("payload", payload.getBytes(UTF_8))
                .param("metadata", metadata.getBytes(UTF_8))
                .update();
    }

    /** As the projections have it, and had it when the revisions were new. */
    private void project() {
        jdbc.sql("""
            insert into projection.audit_entry (position, event_id, type, revision, occurred_at, actor_type,
                actor_account_id, actor_token_id, account_id, previous_account_id, token_id, ip_address, user_agent,
                correlation_id, payload)
            select global_index, event_identifier, payload_type, payload_revision, occurred_at, m ->> 'actorType',
                m ->> 'actorAccountId', m ->> 'actorTokenId', p ->> 'accountId', p ->> 'previousAccountId',
                p ->> 'tokenId', m ->> 'ipAddress', m ->> 'userAgent', m ->> 'correlationId', payload
            from (select *, convert_from(payload, 'UTF8')::jsonb as p, convert_from(metadata, 'UTF8')::jsonb as m
                from event.domain_event) as e\
            """).update();
        var head = jdbc.sql("select coalesce(max(global_index), 0) from event.domain_event")
                .query(Long.class)
                .single();
        log.cover("audit", head);
        log.cover("token", head);
    }

    private static String by(int number) {
        return switch (number % 4) {
            case 0 -> """
                {"actorAccountId":"acc_Ada1","actorType":"account","correlationId":"c","ipAddress":"c2VhbGVk","userAgent":"c2VhbGVk"}\
                """;
            case 1 -> """
                {"actorAccountId":"acc_Bob1","actorTokenId":"tok_Cd1","actorType":"token","correlationId":"c"}\
                """;
            case 2 -> """
                {"actorType":"system","correlationId":"c"}\
                """;
            default -> """
                {"actorType":"anonymous","correlationId":"c","ipAddress":"c2VhbGVk"}\
                """;
        };
    }

    /** An event of every revision that was ever released, an hour after another. */
    private List<String> appendSamples() throws IOException {
        List<String> names;
        try (var files = Files.list(SAMPLES)) {
            names = files.map(file -> file.getFileName().toString().replace(".json", ""))
                    .sorted()
                    .toList();
        }
        for (var i = 0; i < names.size(); i++) {
            var dash = names.get(i).lastIndexOf('-');
            append(
                    names.get(i).substring(0, dash),
                    names.get(i).substring(dash + 1),
                    Files.readString(SAMPLES.resolve(names.get(i) + ".json")).strip(),
                    by(i),
                    START.plusSeconds(3600L * i));
        }
        return names;
    }

    private void appendMany(int events) {
        jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            select 'e' || n, 'acc_' || n % 10, n / 10, 'Account', timestamptz '2026-03-02 00:00Z' + n * interval '1 second',
                'account.enabled', '1', convert_to('{"accountId":"acc_' || n % 10 || '"}', 'UTF8'),
                convert_to('{"actorType":"system","correlationId":"c"}', 'UTF8')
            from generate_series(1, ?) as n\
            """).param(events).update();
        project();
    }

    // Exports

    private static TrailSelection everything() {
        return new TrailSelection(null, true, null, null, null, null, null);
    }

    private static TrailSelection between(@Nullable Instant from, @Nullable Instant to) {
        return new TrailSelection(
                null,
                true,
                from == null ? null : new TrailPlace.At(from),
                to == null ? null : new TrailPlace.At(to),
                null,
                null,
                null);
    }

    private String export(Format format, TrailSelection selection, Long... sizes) {
        var out = new StringBuilder();
        try {
            exports.prepare(format, selection, List.of(sizes)).writeTo(out, _ -> {});
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return out.toString();
    }

    private List<JsonNode> lines(String export) {
        return export.lines().map(line -> JSON.readTree(line)).toList();
    }

    private ExportVerification.Result verify(String export, SignedNote... older) {
        try {
            return ExportVerification.verify(
                    new ByteArrayInputStream(export.getBytes(UTF_8)),
                    new ReadableCheck(serializer),
                    recordKeys.verifier().orElseThrow(),
                    List.of(older),
                    _ -> {});
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ExportVerification.Result sound(String export, SignedNote... older) {
        var result = verify(export, older);
        assertThat(result.finding()).isNull();
        assertThat(result.signed()).isTrue();
        assertThat(result.notCompared()).isZero();
        return result;
    }

    @Test
    void a_log_with_every_revision_ever_released_is_told_exported_and_verified() throws IOException {
        var names = appendSamples();
        project();
        var types = names.stream()
                .map(name -> name.substring(0, name.lastIndexOf('-')))
                .toList();
        // So that no revision is forgotten here that an event says it can be read from.
        for (var event : Event.types()) {
            var type = Objects.requireNonNull(event.getAnnotation(EventType.class));
            assertThat(names).contains(type.name() + "-" + type.revision());
            for (var earlier : type.reads()) {
                assertThat(names).contains(type.name() + "-" + earlier);
            }
        }

        var told = new ArrayList<String>();
        trail.walk(everything(), trail.range(everything()))
                .forEachRemaining(entry -> told.add(entry.told().type()));
        assertThat(told).isEqualTo(types);

        assertThat(export(Format.CSV, everything()).lines()).hasSize(names.size() + 1);

        var export = export(Format.NDJSON, everything());
        assertThat(sound(export).events()).isEqualTo(names.size());
        assertThat(lines(export).stream()
                        .filter(line -> line.path("kind").asString().equals("event"))
                        .map(line -> line.path("type").asString() + "-"
                                + line.path("revision").asString()))
                .isEqualTo(names);
    }

    @Test
    void whatever_people_read_of_an_event_is_compared_with_the_record() throws IOException {
        appendSamples();
        project();
        var lines = export(Format.NDJSON, everything()).lines().toList();
        var compared = new TreeSet<String>();
        for (var i = 1; i < lines.size() - 1; i++) {
            var event = (ObjectNode) JSON.readTree(lines.get(i)).path("event");
            for (var altered : alterations(event, "")) {
                var line = (ObjectNode) JSON.readTree(lines.get(i));
                var forged = JSON.readTree(event.toString());
                alter(forged, altered);
                line.set("event", forged);
                var export = new ArrayList<>(lines);
                export.set(i, line.toString());
                var finding = verify(String.join("\n", export) + "\n").finding();
                assertThat(finding).as(altered + " of " + event).isNotNull();
                assertThat(Objects.requireNonNull(finding).kind()).isEqualTo(Kind.READABLE_PART_ALTERED);
                assertThat(finding.eventId()).isEqualTo("e" + i);
                compared.add(altered);
            }
        }
        assertThat(compared)
                .contains(
                        "id",
                        "position",
                        "type",
                        "occurredAt",
                        "correlationId",
                        "actor.type",
                        "actor.accountId",
                        "actor.tokenId",
                        "target.type",
                        "target.id",
                        "details.permissions",
                        "details.permissions.after",
                        "details.expiresAt",
                        "details.reason",
                        "details.hint",
                        "details.administrator",
                        "details.daysLeft",
                        "details.accountId.before");
    }

    /** What stands in clear in the record; the other texts are told as erased, for there are no keys. */
    private static List<String> alterations(JsonNode node, String path) {
        var paths = new ArrayList<String>();
        node.properties().forEach(field -> {
            var at = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            if (field.getValue().isObject()) {
                paths.addAll(alterations(field.getValue(), at));
            } else if (!field.getValue().toString().contains(PersonalDataKeys.ERASED)
                    && !at.matches("(actor|target)\\.name")) {
                paths.add(at);
            }
        });
        return paths;
    }

    private static void alter(JsonNode event, String path) {
        var node = event;
        var names = path.split("\\.", -1);
        for (var i = 0; i < names.length - 1; i++) {
            node = node.path(names[i]);
        }
        ((ObjectNode) node).put(names[names.length - 1], "altered");
    }

    @Test
    void a_field_that_is_made_up_is_found() throws IOException {
        appendSamples();
        project();
        var lines = new ArrayList<>(export(Format.NDJSON, everything()).lines().toList());
        var line = (ObjectNode) JSON.readTree(lines.get(3));
        ((ObjectNode) line.path("event").path("details")).put("approvedBy", "acc_Bob1");
        lines.set(3, line.toString());
        assertThat(Objects.requireNonNull(
                                verify(String.join("\n", lines) + "\n").finding())
                        .kind())
                .isEqualTo(Kind.READABLE_PART_ALTERED);
    }

    @Test
    void an_event_of_a_later_release_is_verified_but_not_compared() throws IOException {
        append("account.enabled", "1", "{\"accountId\":\"acc_Ada1\"}", by(0), START);
        project();
        var export = export(Format.NDJSON, everything());
        var olderRelease = new ReadableCheck(new EventSerializer(List.of()));
        var result = ExportVerification.verify(
                new ByteArrayInputStream(export.getBytes(UTF_8)), olderRelease, null, List.of(), _ -> {});
        assertThat(result.finding()).isNull();
        assertThat(result.notCompared()).isEqualTo(1);
    }

    @Test
    void an_export_is_of_what_was_asked_for_and_verifies() {
        appendMany(2_000);

        assertThat(sound(export(Format.NDJSON, everything())).events()).isEqualTo(2_000);
        var part = between(START.plusSeconds(501), START.plusSeconds(1_501));
        assertThat(sound(export(Format.NDJSON, part)).events()).isEqualTo(1_000);
        assertThat(export(Format.CSV, part).lines()).hasSize(1_001);

        var ofAccount = new TrailSelection(
                null, true, new TrailPlace.Position(101), new TrailPlace.Position(201), null, "acc_3", null);
        assertThat(sound(export(Format.NDJSON, ofAccount)).events()).isEqualTo(10);
        assertThat(export(Format.CSV, ofAccount).lines()).hasSize(11);

        var nothing = between(START.minusSeconds(10), START);
        assertThat(sound(export(Format.NDJSON, nothing)).events()).isZero();
        assertThat(export(Format.CSV, nothing).lines()).hasSize(1);
        var ofType = new TrailSelection(null, true, null, null, "account.disabled", null, null);
        assertThat(sound(export(Format.NDJSON, ofType)).events()).isZero();
    }

    @Test
    void an_empty_log_can_be_exported_and_verified() {
        project();
        assertThat(sound(export(Format.NDJSON, everything())).events()).isZero();
        assertThat(export(Format.CSV, everything()).lines()).hasSize(1);
    }

    @Test
    void an_export_of_few_events_can_be_compared_with_a_checkpoint_that_it_names() throws Exception {
        appendMany(1_000);
        var older = checkpoints.signNow();
        append("account.disabled", "1", "{\"accountId\":\"acc_3\"}", by(2), START.plusSeconds(5_000));
        jdbc.sql("delete from projection.audit_entry").update();
        jdbc.sql("delete from state.token_entry").update();
        project();

        var ofAccount = new TrailSelection(null, true, null, null, "account.enabled", "acc_3", null);
        assertThat(sound(export(Format.NDJSON, ofAccount, 1_000L), older).compared())
                .isEqualTo(1);
        assertThat(sound(export(Format.NDJSON, everything()), older).compared()).isEqualTo(1);
    }

    @Test
    void a_long_export_holds_no_more_than_some_pages() throws Exception {
        appendMany(200_000);
        for (var format : Format.values()) {
            var memory = new Memory();
            exports.prepare(format, everything(), List.of()).writeTo(Writer.nullWriter(), memory::at);
            assertThat(memory.events).isEqualTo(200_000);
            assertThat(memory.grown()).as("bytes held, " + format).isLessThan(8 << 20);
        }
    }

    /** What is held at the 5,000th event, and at the 195,000th. */
    private static final class Memory {
        private long events;
        private long early;
        private long late;

        void at(long position) {
            events++;
            if (events == 5_000) {
                early = used();
            } else if (events == 195_000) {
                late = used();
            }
        }

        long grown() {
            return late - early;
        }

        private static long used() {
            System.gc();
            return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        }
    }

    @Test
    void a_reader_that_goes_away_ends_the_export() {
        appendMany(5_000);
        var export = exports.prepare(Format.NDJSON, everything(), List.of());
        var told = new long[1];
        assertThatThrownBy(() -> export.writeTo(Writer.nullWriter(), _ -> {
                    if (++told[0] == 700) {
                        throw new InterruptedException("stopped");
                    }
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(told[0]).isEqualTo(700);
        assertThat(database.getHikariPoolMXBean().getActiveConnections()).isZero();
    }

    @Test
    void a_trail_that_lacks_an_event_is_not_exported_as_if_it_had_all() {
        appendMany(10);
        jdbc.sql("delete from projection.audit_entry where position = 5").update();
        assertThatThrownBy(() -> export(Format.NDJSON, everything())).isInstanceOf(IllegalStateException.class);
    }

    // Who, and what

    @Test
    void who_reads_only_their_own_trail_gets_that_as_csv_and_not_the_record() {
        appendMany(100);
        var own = new TrailSelection("acc_3", false, null, null, null, null, null);
        assertThat(export(Format.CSV, own).lines())
                .hasSize(11)
                .filteredOn(line -> line.contains("acc_4"))
                .isEmpty();
        assertThatThrownBy(() -> export(Format.NDJSON, own))
                .isInstanceOfSatisfying(
                        Refusal.Forbidden.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("whole_trail_required"));
    }

    @Test
    void what_makes_no_sense_is_refused_before_anything_is_written() {
        appendMany(10);
        for (var wrong : Stream.of(
                        between(START.plusSeconds(5), START.plusSeconds(5)),
                        between(START.plusSeconds(5), START),
                        between(NOW.plusSeconds(1), null),
                        new TrailSelection(
                                null, true, new TrailPlace.Position(7), new TrailPlace.Position(7), null, null, null),
                        new TrailSelection(null, true, new TrailPlace.Position(11), null, null, null, null),
                        new TrailSelection(null, true, null, null, "nope", null, null))
                .toList()) {
            for (var format : Format.values()) {
                assertThatThrownBy(() -> exports.prepare(format, wrong, List.of()))
                        .isInstanceOf(Refusal.Malformed.class);
            }
        }
        for (var unknown : List.of(
                new TrailSelection(null, true, null, null, null, "acc_nope", null),
                new TrailSelection(null, true, null, null, null, null, "tok_nope"))) {
            assertThatThrownBy(() -> exports.prepare(Format.CSV, unknown, List.of()))
                    .isInstanceOf(Refusal.NotFound.class);
        }
        // What is not over yet may be asked for.
        assertThat(export(Format.CSV, between(null, NOW.plusSeconds(60))).lines())
                .hasSize(11);
    }
}
