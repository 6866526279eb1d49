package io.keyledger.query.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.api.Refusal;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.ExportWriter;
import io.keyledger.query.record.RecordReader;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/**
 * Hands out the trail as a file, for the API, the pages and the command line: as it is read, never all of it at once. What
 * cannot be answered is refused before the first byte; what fails after it breaks the answer off, so that nobody takes a
 * part for the whole.
 */
@Component
public final class AuditExports {

    /** On one node, over HTTP. Each reads as fast as it is taken. */
    private static final int AT_ONCE = 4;

    /** So many older checkpoints an export can be made to be compared with. */
    private static final int MOST_SIZES = 1_000;

    private final AuditTrail trail;
    private final RecordReader record;
    private final Semaphore running = new Semaphore(AT_ONCE);

    AuditExports(AuditTrail trail, RecordReader record) {
        this.trail = trail;
        this.record = record;
    }

    /** Which form. */
    public enum Format {
        /** What people read, for spreadsheets. */
        CSV(AuditCsv.MEDIA_TYPE),
        /** The record itself, to be verified. */
        NDJSON(ExportWriter.MEDIA_TYPE);

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }

        /** @throws Refusal.Malformed if there is no such form */
        public static Format of(@Nullable String text) {
            for (var format : values()) {
                if (format.toString().equals(text)) {
                    return format;
                }
            }
            throw new Refusal.Malformed("invalid_format", "format is csv or ndjson.");
        }

        /** As it is asked for, and a file's name ends. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Is told at which position it is, and may stop it by what it throws. */
    @FunctionalInterface
    public interface Progress {
        void at(long position) throws InterruptedException;
    }

    /** An export that can be made: nothing was wrong with what was asked for. */
    public interface Prepared {

        AuditTrail.Range range();

        /** Once. */
        void writeTo(Appendable out, Progress progress) throws IOException, InterruptedException;
    }

    /**
     * Begins an export.
     *
     * @param sizes of older checkpoints that the record is to be compared with, which is possible for others only by chance
     * @throws Refusal where it cannot be
     */
    public Prepared prepare(Format format, TrailSelection selection, List<Long> sizes) {
        return switch (format) {
            case CSV -> csv(selection, sizes);
            case NDJSON -> record(selection, sizes);
        };
    }

    private Prepared csv(TrailSelection selection, List<Long> sizes) {
        if (!sizes.isEmpty()) {
            throw new Refusal.Malformed(
                    "invalid_checkpoint", "CSV is compared with no checkpoint. Ask for NDJSON, or leave them out.");
        }
        var range = trail.range(selection);
        var events = trail.walk(selection, range);
        return new Prepared() {
            @Override
            public AuditTrail.Range range() {
                return range;
            }

            @Override
            public void writeTo(Appendable out, Progress progress) throws IOException, InterruptedException {
                AuditCsv.header(out);
                while (events.hasNext()) {
                    var event = events.next().told();
                    AuditCsv.row(out, event);
                    progress.at(event.position());
                }
            }
        };
    }

    private Prepared record(TrailSelection selection, List<Long> sizes) {
        if (!selection.everything()) {
            // It holds what others did too, if only in ciphertext, and how much there is.
            throw new Refusal.Forbidden(
                    "whole_trail_required",
                    "The record in NDJSON is for those who read the whole trail. What concerns you is there as CSV.");
        }
        if (sizes.size() > MOST_SIZES) {
            throw new Refusal.Malformed(
                    "too_many_checkpoints", "Name at most %d older checkpoints.".formatted(MOST_SIZES));
        }
        var asked = trail.range(selection);
        var note = record.checkpoint();
        var checkpoint = Checkpoint.parse(note.text());
        for (var size : sizes) {
            if (size > checkpoint.size()) {
                throw new Refusal.Malformed(
                        "invalid_checkpoint",
                        "The log has %d events, and no checkpoint of %d. Name older checkpoints of this log."
                                .formatted(checkpoint.size(), size));
            }
        }
        var range = new AuditTrail.Range(asked.first(), Math.min(asked.last(), record.lastPosition(checkpoint)));
        var events = trail.walk(selection, range);
        return new Prepared() {
            @Override
            public AuditTrail.Range range() {
                return range;
            }

            @Override
            public void writeTo(Appendable out, Progress progress) throws IOException, InterruptedException {
                var writer = new ExportWriter(out, record.tree(), sizes);
                writer.header(new ExportWriter.Header(
                        checkpoint.origin(),
                        told(selection.from()),
                        told(selection.to()),
                        selection.type(),
                        selection.accountId(),
                        selection.tokenId()));
                var last = -1L;
                while (events.hasNext()) {
                    last = write(selection, writer, page(events), last, progress);
                }
                writer.checkpoint(note);
            }
        };
    }

    private static List<ToldEntry> page(Iterator<ToldEntry> events) {
        var page = new ArrayList<ToldEntry>(AuditTrail.PAGE);
        while (page.size() < AuditTrail.PAGE && events.hasNext()) {
            page.add(events.next());
        }
        return page;
    }

    private long write(
            TrailSelection selection, ExportWriter writer, List<ToldEntry> page, long lastLeaf, Progress progress)
            throws IOException, InterruptedException {
        var leaves = record.leaves(
                page.stream().map(entry -> entry.told().position()).toList());
        var last = lastLeaf;
        for (var entry : page) {
            var leaf = Objects.requireNonNull(
                    leaves.get(entry.told().position()),
                    "an event of the trail is not on record: somebody altered one of them (keyledger audit verify)");
            if (!selection.isFiltered() && last >= 0 && leaf.index() != last + 1) {
                throw new IllegalStateException(
                        "the trail lacks an event that is on record: rebuild the projection audit");
            }
            writer.event(leaf.index(), leaf.entry(), entry.told());
            last = leaf.index();
            progress.at(entry.told().position());
        }
        return last;
    }

    private static @Nullable Object told(@Nullable TrailPlace place) {
        return switch (place) {
            case TrailPlace.At(var instant) -> instant.toString();
            case TrailPlace.Position(var position) -> position;
            case null -> null;
        };
    }

    /**
     * Answers with the file.
     *
     * @throws Refusal before anything is answered
     * @throws IOException when the client went away, which ends the work
     */
    public void answer(Format format, TrailSelection selection, List<Long> sizes, HttpServletResponse response)
            throws IOException {
        if (!running.tryAcquire()) {
            throw new Refusal.Unavailable(
                    "too_many_exports",
                    "Others are exporting right now. Try again in a while.",
                    Duration.ofSeconds(10));
        }
        try {
            var export = prepare(format, selection, sizes);
            response.setContentType(format.mediaType);
            response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
            response.setHeader(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"audit-events." + format + "\"");
            var out = new BufferedWriter(new OutputStreamWriter(response.getOutputStream(), UTF_8));
            export.writeTo(out, _ -> {});
            out.flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped", e);
        } finally {
            running.release();
        }
    }
}
