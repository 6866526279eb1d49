package io.keyledger.query.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.api.Refusal;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/**
 * Hands out the trail as a file, for the API and the pages: as it is read, never all of it at once. What cannot be
 * answered is refused before the first byte; what fails after it breaks the connection off, so that nobody takes a part
 * for the whole.
 */
@Component
public final class AuditExports {

    /** On one node. Each reads as fast as it is taken. */
    private static final int AT_ONCE = 4;

    private final AuditTrail trail;
    private final Semaphore running = new Semaphore(AT_ONCE);

    AuditExports(AuditTrail trail) {
        this.trail = trail;
    }

    /** Which form. */
    public enum Format {
        /** For spreadsheets. */
        CSV(AuditCsv.MEDIA_TYPE);

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }

        /** @throws Refusal.Malformed if there is no such form */
        public static Format of(@Nullable String text) {
            for (var format : values()) {
                if (format.fileEnding().equals(text)) {
                    return format;
                }
            }
            throw new Refusal.Malformed("invalid_format", "format is csv or ndjson.");
        }

        String fileEnding() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Answers with the file.
     *
     * @throws Refusal before anything is answered
     * @throws IOException when the client went away, which ends the work
     */
    public void answer(Format format, TrailSelection selection, HttpServletResponse response) throws IOException {
        if (!running.tryAcquire()) {
            throw new Refusal.Unavailable(
                    "too_many_exports",
                    "Others are exporting right now. Try again in a while.",
                    Duration.ofSeconds(10));
        }
        try {
            var range = trail.range(selection);
            var events = trail.walk(selection, range);
            response.setContentType(format.mediaType);
            response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
            response.setHeader(
                    HttpHeaders.CONTENT_DISPOSITION,
                    "attachment; filename=\"audit-events." + format.fileEnding() + "\"");
            var out = new BufferedWriter(new OutputStreamWriter(response.getOutputStream(), UTF_8));
            writeCsv(events, out);
            out.flush();
        } finally {
            running.release();
        }
    }

    private static void writeCsv(Iterator<ToldEntry> events, Writer out) throws IOException {
        AuditCsv.header(out);
        while (events.hasNext()) {
            AuditCsv.row(out, events.next().told());
        }
    }
}
