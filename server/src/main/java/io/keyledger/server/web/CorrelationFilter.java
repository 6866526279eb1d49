package io.keyledger.server.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The outermost filter: gives every request a correlation id, which log lines, events and the answer carry, and answers
 * every failure that nobody inside did. The id is the trace id of the caller's {@code traceparent} (W3C Trace Context)
 * where there is one; nothing else of the caller's choice gets into logs and events.
 */
final class CorrelationFilter extends HttpFilter {

    static final String CORRELATION_ID = "correlationId";
    private static final String HEADER = "Keyledger-Correlation-Id";
    private static final Pattern TRACEPARENT =
            Pattern.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}.{0,100}");

    private final Problems problems;

    CorrelationFilter(Problems problems) {
        this.problems = problems;
    }

    @Override
    @SuppressWarnings("IllegalCatch") // The last one who can answer properly.
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException {
        var id = correlationId(request.getHeader("traceparent"));
        MDC.put(CORRELATION_ID, id);
        request.setAttribute(CORRELATION_ID, id);
        response.setHeader(HEADER, id);
        try {
            chain.doFilter(request, response);
        } catch (Exception e) {
            problems.answer(
                    request,
                    response,
                    e.getCause() != null && e instanceof jakarta.servlet.ServletException ? e.getCause() : e);
        } finally {
            MDC.remove(CORRELATION_ID);
        }
    }

    static String correlationId(@Nullable String traceparent) {
        if (traceparent != null) {
            var matcher = TRACEPARENT.matcher(traceparent);
            if (matcher.matches()) {
                return matcher.group(1);
            }
        }
        // Nobody has to guess it, and every request pays for it.
        var random = ThreadLocalRandom.current();
        return HexFormat.of().toHexDigits(random.nextLong()) + HexFormat.of().toHexDigits(random.nextLong());
    }
}
