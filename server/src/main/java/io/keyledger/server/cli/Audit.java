package io.keyledger.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.api.Event;
import io.keyledger.api.Refusal;
import io.keyledger.command.webhook.WebhookReplay;
import io.keyledger.command.webhook.WebhookTargets;
import io.keyledger.query.audit.AuditExports;
import io.keyledger.query.audit.AuditReplay;
import io.keyledger.query.audit.AuditReplay.Audience;
import io.keyledger.query.audit.AuditReplay.Speed;
import io.keyledger.query.audit.AuditTrail;
import io.keyledger.query.audit.ReadableCheck;
import io.keyledger.query.audit.TrailPlace;
import io.keyledger.query.audit.TrailSelection;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.ExportVerification;
import io.keyledger.query.record.ProofVerification;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordVerification;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.VerifierKey;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.pages.AuditSentences;
import io.keyledger.server.settings.KeyledgerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import tools.jackson.databind.json.JsonMapper;

/** The history, for auditors. */
@Command(
        name = "audit",
        description = "Export, replay and verify the history.",
        subcommands = {Audit.Export.class, Audit.Replay.class, Audit.Verify.class})
final class Audit extends Tool.Group {

    /** Which part of the history. */
    static final class Part {

        @Spec(Target.MIXEE)
        private CommandSpec spec;

        @Option(
                names = "--from",
                paramLabel = "PLACE",
                description = "Where it begins: a time such as 2026-03-02T08:00:00Z, a day (its beginning in UTC), or a"
                        + " position in the log.")
        private @Nullable String from;

        @Option(names = "--to", paramLabel = "PLACE", description = "Where it ends: that itself does not belong to it.")
        private @Nullable String to;

        @Option(
                names = "--account",
                paramLabel = "ACCOUNT",
                description = "What happened to this account and its tokens: its id or email.")
        private @Nullable String account;

        @Option(names = "--token", paramLabel = "TOKEN", description = "What happened to this token: its id.")
        private @Nullable String token;

        @Option(names = "--type", paramLabel = "TYPE", description = "Events of this type, such as token.created.")
        private @Nullable String type;

        /** Before there is a database. */
        void check() {
            place("--from", from);
            place("--to", to);
        }

        TrailSelection selection(Composition server) {
            return new TrailSelection(
                    null,
                    true,
                    place("--from", from),
                    place("--to", to),
                    type,
                    account == null ? null : Accounts.find(server, account).id(),
                    token);
        }

        private @Nullable TrailPlace place(String option, @Nullable String text) {
            if (text != null && text.length() == 10 && text.charAt(4) == '-') {
                try {
                    return new TrailPlace.At(
                            LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
                } catch (DateTimeParseException e) {
                    throw notUnderstood(option + " is a day such as 2026-03-02, and not: " + text);
                }
            }
            try {
                return TrailPlace.of(option, text);
            } catch (Refusal.Malformed e) {
                throw notUnderstood(
                        option + " is a time such as 2026-03-02T08:00:00Z, a day, or a position; not: " + text);
            }
        }

        private ParameterException notUnderstood(String sentence) {
            return new ParameterException(spec.commandLine(), sentence);
        }

        interface Work<T> {
            T run() throws IOException;
        }

        /** What was asked for and makes no sense is a mistake of who asked; that the trail lags, is told what to do about. */
        <T> T asked(Work<T> work) throws IOException {
            try {
                return work.run();
            } catch (Refusal.Malformed e) {
                throw notUnderstood(e.detail());
            } catch (Refusal.Unavailable e) {
                throw e.code().equals("position_not_reached")
                        ? new Failures.CommandFailed(
                                "The trail is not up to date: no server runs that keeps it, or it is behind.")
                        : e;
            }
        }
    }

    /** What was written or told, for programs; where the history itself does not go to standard output. */
    static final class Summary {

        @Spec(Target.MIXEE)
        private CommandSpec spec;

        @Option(
                names = "--json",
                description =
                        "Print what was done as JSON, for programs: how many events, and the last one's position. Not"
                                + " where standard output is the history itself; NDJSON is what programs read of that.")
        private boolean json;

        private long events;
        private @Nullable Long lastPosition;

        record Done(
                long events,
                @Nullable Long lastPosition,
                @Nullable String file) {}

        /** Before anything is printed. */
        void check(boolean toStandardOutput) {
            if (json && toStandardOutput) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--json tells what was done, and standard output is the history itself: give --output FILE.");
            }
        }

        void count(long position) {
            events++;
            lastPosition = position;
        }

        void print(Composition server, @Nullable Path file) {
            if (json) {
                var done = new Done(events, lastPosition, file == null ? null : file.toString());
                spec.commandLine().getOut().println(server.json().writeValueAsString(done));
            }
        }
    }

    @Command(
            name = "export",
            description = "Write a part of the history to a file: CSV to read, or NDJSON to verify (docs/export.md).")
    static final class Export extends OnDatabase {

        @Mixin
        private Part part;

        @Option(
                names = "--format",
                defaultValue = "ndjson",
                paramLabel = "FORMAT",
                description = "csv or ndjson; default: ${DEFAULT-VALUE}.")
        private AuditExports.Format format;

        @Option(
                names = "--output",
                paramLabel = "FILE",
                description = "Where to; it is called FILE.part until it is complete. Default: standard output.")
        private @Nullable Path output;

        @Option(
                names = "--checkpoint",
                paramLabel = "FILE",
                description = "Older checkpoints that the NDJSON is to be comparable with, though it skips events.")
        private @Nullable Path checkpoints;

        @Mixin
        private Summary summary;

        @Override
        int run(Composition server) throws Exception {
            part.check();
            summary.check(output == null);
            var sizes = notes(spec(), checkpoints).stream()
                    .map(note -> Checkpoint.parse(note.text()).size())
                    .toList();
            var selection = part.selection(server);
            var export = part.asked(() -> server.bean(AuditExports.class).prepare(format, selection, sizes));
            var range = export.range();
            try (var file = OutputFile.open(output, spec().commandLine().getOut());
                    var progress = progress(output != null, range)) {
                export.writeTo(file, position -> {
                    summary.count(position);
                    progress.at(position);
                });
                file.complete();
            }
            if (output != null) {
                spec().commandLine().getErr().printf("Exported %,d events to %s.%n", summary.events, output);
            }
            summary.print(server, output);
            return Tool.DONE;
        }

        private Steps progress(boolean told, AuditTrail.Range range) {
            return Steps.of(told ? new Progress(spec().commandLine().getErr(), "Exporting", 0) : null, range);
        }
    }

    /** How far it is, by positions. */
    private interface Steps extends AutoCloseable {

        void at(long position) throws InterruptedException;

        @Override
        void close();

        static Steps of(@Nullable Progress progress, AuditTrail.Range range) {
            return new Steps() {
                @Override
                public void at(long position) throws InterruptedException {
                    if (progress == null) {
                        Interruption.check();
                    } else {
                        progress.to(position - range.first() + 1, range.last() - range.first() + 1);
                    }
                }

                @Override
                public void close() {
                    if (progress != null) {
                        progress.close();
                    }
                }
            };
        }
    }

    /** In which form a replay is printed. */
    enum Form {
        /** A sentence for each event. */
        TEXT,
        /** Each event as the API tells it. */
        NDJSON;

        /** As it is typed, and completed. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Command(
            name = "replay",
            description = "Tell what happened once more, in order and at its pace: on the terminal, to a file, or to a"
                    + " webhook's address.")
    static final class Replay extends OnDatabase {

        @Mixin
        private Part part;

        @Option(
                names = "--speed",
                defaultValue = "max",
                paramLabel = "SPEED",
                description = "How much faster than it was, such as 10x; max: without pauses, the default.")
        private String speed;

        @Option(
                names = "--format",
                defaultValue = "text",
                paramLabel = "FORMAT",
                description = "text or ndjson; default: ${DEFAULT-VALUE}.")
        private Form format;

        @Option(
                names = "--language",
                defaultValue = "en",
                paramLabel = "LANGUAGE",
                description = "Of the text: en or de.")
        private String language;

        @ArgGroup
        private @Nullable To to;

        @Option(
                names = "--webhook-secret",
                paramLabel = "FILE",
                description = "Holds the secret (whsec_…) that messages to the webhook are signed with.")
        private @Nullable Path secret;

        @Mixin
        private Summary summary;

        /** Where to, if not to standard output. */
        static final class To {

            @Option(
                    names = "--output",
                    paramLabel = "FILE",
                    description = "It is called FILE.part until it is complete.")
            private @Nullable Path output;

            @Option(
                    names = "--webhook",
                    paramLabel = "URL",
                    description = "Where webhooks may lead: each event is POSTed as they tell it (docs/webhooks.md).")
            private @Nullable String webhook;
        }

        @Override
        int run(Composition server) throws Exception {
            part.check();
            summary.check(to == null);
            var replay = new AuditReplay(speed(), AuditReplay.Pace.REAL);
            var webhook = to == null ? null : to.webhook;
            if (secret != null && webhook == null) {
                throw new ParameterException(spec().commandLine(), "--webhook-secret signs what goes to a --webhook.");
            }
            var trail = server.bean(AuditTrail.class);
            var selection = part.selection(server);
            var range = part.asked(() -> trail.range(selection));
            var events = trail.walk(selection, range);
            if (webhook != null) {
                var told = toWebhook(server, webhook);
                try (var progress = Steps.of(new Progress(spec().commandLine().getErr(), "Telling", 0), range)) {
                    replay.replay(events, entry -> {
                        told.tell(entry);
                        summary.count(entry.told().position());
                        progress.at(entry.told().position());
                    });
                }
                summary.print(server, null);
                return Tool.DONE;
            }
            try (var file = OutputFile.open(
                    to == null ? null : to.output, spec().commandLine().getOut())) {
                var printed = toText(server, file);
                replay.replay(events, entry -> {
                    Interruption.check();
                    printed.tell(entry);
                    summary.count(entry.told().position());
                    if (!speed.equals("max")) {
                        file.flush();
                    }
                });
                file.complete();
            }
            summary.print(server, to == null ? null : to.output);
            return Tool.DONE;
        }

        private Speed speed() {
            try {
                return Speed.of(speed);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec().commandLine(), String.valueOf(e.getMessage()), e);
            }
        }

        private Audience toText(Composition server, Appendable out) {
            var sentences = server.bean(AuditSentences.class);
            if (!language.equals("en") && !language.equals("de")) {
                throw new ParameterException(spec().commandLine(), "--language is en or de, not: " + language);
            }
            var locale = Locale.forLanguageTag(language);
            var json = JsonMapper.builder().build();
            return entry -> out.append(
                            switch (format) {
                                case TEXT -> sentences.line(entry.told(), locale);
                                case NDJSON -> json.writeValueAsString(entry.told());
                            })
                    .append('\n');
        }

        private Audience toWebhook(Composition server, String url) {
            var settings = server.bean(KeyledgerSettings.class);
            try {
                var webhook = new WebhookReplay(
                        server.bean(WebhookTargets.class),
                        url,
                        secret == null ? null : read(spec(), secret).strip(),
                        server.json(),
                        Objects.requireNonNullElse(settings.publicUrl(), "/keyledger"),
                        server.bean(Clock.class),
                        Replay::pause);
                return entry -> webhook.tell(
                        entry.told().id(), entry.told().position(), entry.told().occurredAt(), entry.stored());
            } catch (Refusal.Unprocessable e) {
                var error = e.errors().getFirst();
                throw new ParameterException(
                        spec().commandLine(),
                        "%s: %s"
                                .formatted(
                                        error.field().equals("secret") ? "--webhook-secret" : "--webhook",
                                        error.message()),
                        e);
            }
        }

        private static void pause(Duration duration) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        }
    }

    @Command(
            name = "verify",
            description =
                    "Verify the history: in the database, or in an export, or the proof of one event, for which no"
                            + " database is needed.")
    static final class Verify implements Callable<Integer> {

        /** An event is some kilobytes long, and 60 hashes are the most there can be. */
        private static final int LONGEST_PROOF = 4 << 20;

        @Spec
        private CommandSpec spec;

        @ArgGroup
        private @Nullable Of of;

        /** What is verified, if not the database. */
        static final class Of {

            @Option(
                    names = "--export",
                    paramLabel = "FILE",
                    description = "An export in NDJSON. Default: the database.")
            private @Nullable Path export;

            @Option(
                    names = "--proof",
                    paramLabel = "FILE",
                    description = "The proof of one event, as it is downloaded from its entry on the activity page.")
            private @Nullable Path proof;
        }

        @Option(
                names = "--checkpoint",
                paramLabel = "FILE",
                description = "Checkpoints that were kept elsewhere, one or more, to compare with.")
        private @Nullable Path checkpoints;

        @Option(
                names = "--key",
                paramLabel = "VKEY",
                description =
                        "The log's verifier key, as somebody trusted knows it (/.well-known/keyledger/verifier-key),"
                                + " or a file with it.")
        private @Nullable String key;

        @Mixin
        private Output output;

        @Override
        public Integer call() throws Exception {
            var trusted = key();
            var outside = notes(spec, checkpoints);
            if (of != null && of.proof != null) {
                return proof(of.proof, trusted, outside);
            }
            return of == null || of.export == null ? database(trusted, outside) : file(of.export, trusted, outside);
        }

        private @Nullable VerifierKey key() {
            if (key == null) {
                return null;
            }
            try {
                var file = key.contains("+") ? null : Path.of(key);
                return VerifierKey.parse(file == null ? key : read(spec, file));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--key: " + e.getMessage(), e);
            }
        }

        private int proof(Path file, @Nullable VerifierKey trusted, List<SignedNote> outside) {
            String text;
            try (var in = Files.newInputStream(file)) {
                text = new String(in.readNBytes(LONGEST_PROOF), UTF_8);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
            var result = ProofVerification.verify(text, trusted, outside);
            if (output.isJson()) {
                output.value(JsonMapper.builder().build(), result);
            } else if (result.finding() != null) {
                output.line("%s", result.finding().text());
            } else {
                var event = Objects.requireNonNull(result.event());
                var checkpoint = Objects.requireNonNull(result.checkpoint());
                output.line(
                        "Event %s (%s, %s, position %d) is on record: leaf %,d of the %,d events of %s.",
                        event.eventId(),
                        event.type(),
                        event.occurredAt(),
                        event.position(),
                        event.leaf(),
                        checkpoint.size(),
                        checkpoint.origin());
                tellCompared(result.compared(), trusted, outside);
            }
            return exitCode(result.finding());
        }

        private static int exitCode(ExportVerification.@Nullable Finding finding) {
            if (finding == null) {
                return Tool.DONE;
            }
            return switch (finding.kind()) {
                case NOT_AN_EXPORT, NOT_A_PROOF -> Tool.USAGE;
                default -> Tool.FOUND;
            };
        }

        private static Failures.CommandFailed unreadable(Path file, IOException e) {
            return new Failures.CommandFailed("%s cannot be read: %s".formatted(file, Failures.reason(e)));
        }

        private int file(Path file, @Nullable VerifierKey trusted, List<SignedNote> outside)
                throws IOException, InterruptedException {
            long size;
            ExportVerification.Result result;
            try (var in = Files.newInputStream(file);
                    var progress = new Progress(spec.commandLine().getErr(), "Verifying", 0)) {
                size = Files.size(file);
                result = ExportVerification.verify(
                        in,
                        new ReadableCheck(new EventSerializer(Event.types())),
                        trusted,
                        outside,
                        progress.upTo(size));
            } catch (IOException e) {
                throw unreadable(file, e);
            }
            if (output.isJson()) {
                output.value(JsonMapper.builder().build(), result);
            } else {
                tell(result, trusted, outside);
            }
            return exitCode(result.finding());
        }

        private void tell(ExportVerification.Result result, @Nullable VerifierKey trusted, List<SignedNote> outside) {
            var finding = result.finding();
            if (finding != null) {
                output.line("%s", finding.text());
                return;
            }
            var checkpoint = Objects.requireNonNull(result.checkpoint());
            output.line(
                    "All %,d events are as they were recorded: %s, checkpoint of %,d events.",
                    result.events(), checkpoint.origin(), checkpoint.size());
            var header = Objects.requireNonNull(result.header());
            if (header.isFiltered()) {
                output.line("The export says it is only of: %s", filters(header));
            }
            if (header.from() != null || header.to() != null) {
                output.line(
                        "The export says it is only of what happened from %s until %s.",
                        header.from() == null ? "the beginning" : header.from(),
                        header.to() == null ? "its checkpoint" : header.to());
            }
            if (result.notCompared() > 0) {
                output.line(
                        "Of %,d events, what people read of them was not compared: this version does not know their"
                                + " types.",
                        result.notCompared());
            }
            tellCompared(result.compared(), trusted, outside);
        }

        private void tellCompared(long compared, @Nullable VerifierKey trusted, List<SignedNote> outside) {
            if (!outside.isEmpty()) {
                output.line(
                        "It agrees with %,d of %,d checkpoints that were kept elsewhere.", compared, outside.size());
            }
            if (trusted == null) {
                output.line("Who signed the checkpoint was not looked at: give --key, or anybody could have made this"
                        + " file.");
            }
        }

        private static String filters(ExportVerification.Header header) {
            var text = new StringBuilder();
            if (header.accountId() != null) {
                text.append("account ").append(header.accountId()).append(' ');
            }
            if (header.tokenId() != null) {
                text.append("token ").append(header.tokenId()).append(' ');
            }
            if (header.type() != null) {
                text.append("type ").append(header.type());
            }
            return text.toString().strip();
        }

        private int database(@Nullable VerifierKey trusted, List<SignedNote> outside) throws InterruptedException {
            try (var server = Composition.open(spec.qualifiedName(), Tool.isVerbose(spec), false);
                    var progress = new Progress(spec.commandLine().getErr(), "Verifying", 0)) {
                var threads = Math.min(4, Runtime.getRuntime().availableProcessors());
                var outcome = new RecordVerification(
                                server.bean(DataSource.class), server.bean(RecordKeys.class), threads)
                        .verify(trusted, outside, (leaves, of) -> {
                            try {
                                progress.to(leaves, of);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
                if (output.isJson()) {
                    output.value(server.json(), outcome);
                } else if (outcome.isSound()) {
                    var waiting = outcome.size() - outcome.signedUpTo();
                    output.line(
                            "%s events are as they were recorded; %,d checkpoints agree, %,d of them kept elsewhere.",
                            waiting == 0
                                    ? "All %,d".formatted(outcome.size())
                                    : "The first %,d of %,d".formatted(outcome.signedUpTo(), outcome.size()),
                            outcome.checkpoints(),
                            outcome.outside());
                    if (waiting > 0) {
                        output.line(
                                "No checkpoint is of the last %,d yet: they agree with their hashes only.", waiting);
                    }
                } else {
                    outcome.findings().forEach(finding -> output.line("%s", finding.sentence()));
                }
                if (trusted == null && outside.isEmpty()) {
                    spec.commandLine()
                            .getErr()
                            .println("The database was believed about its own key: give --key or --checkpoint, or"
                                    + " whoever owns it could have made all of this anew.");
                }
                return outcome.isSound() ? Tool.DONE : Tool.FOUND;
            }
        }
    }

    /** Checkpoints in a file; none where there is no file. */
    private static List<SignedNote> notes(CommandSpec spec, @Nullable Path file) {
        if (file == null) {
            return List.of();
        }
        try {
            var notes = SignedNote.parseAll(read(spec, file));
            notes.forEach(note -> Checkpoint.parse(note.text()));
            if (notes.isEmpty()) {
                throw new IllegalArgumentException("There is no checkpoint in it.");
            }
            return notes;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static String read(CommandSpec spec, Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(), "%s cannot be read: %s".formatted(file, Failures.reason(e)), e);
        }
    }
}
