package io.keyledger.server.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Refuses large bodies before they are read, and those that do not say their length when they turn out large. A form is read
 * by the container, past this filter: it has the same limit ({@link WebConfiguration}).
 */
final class BodyLimitFilter extends HttpFilter {

    static final int LIMIT_KIB = 64;
    static final int LIMIT = LIMIT_KIB * 1024;

    /** Signed, and as long as what was found: some 250 bytes each. */
    private static final String SIGNED_REPORTS = "/api/leaked-tokens/github";

    private static final long SIGNED_REPORTS_LIMIT = 1024 * 1024L;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        // A gateway may pass on the original request's body, which is none of our business and is not read.
        if (request.getRequestURI().startsWith("/api/authenticate")) {
            chain.doFilter(request, response);
            return;
        }
        var limit = request.getRequestURI().equals(SIGNED_REPORTS) ? SIGNED_REPORTS_LIMIT : LIMIT;
        if (request.getContentLengthLong() > limit) {
            throw new BodyTooLarge();
        }
        chain.doFilter(request.getContentLengthLong() < 0 ? new Limited(request, limit) : request, response);
    }

    private static final class Limited extends HttpServletRequestWrapper {

        private final long limit;
        private @Nullable ServletInputStream stream;

        Limited(HttpServletRequest request, long limit) {
            super(request);
            this.limit = limit;
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            if (stream == null) {
                stream = new LimitedStream(super.getInputStream(), limit);
            }
            return stream;
        }

        @Override
        public BufferedReader getReader() throws IOException {
            return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
        }
    }

    private static final class LimitedStream extends ServletInputStream {

        private final ServletInputStream stream;
        private final long limit;
        private long read;

        LimitedStream(ServletInputStream stream, long limit) {
            this.stream = stream;
            this.limit = limit;
        }

        @Override
        public int read() throws IOException {
            var b = stream.read();
            count(b < 0 ? 0 : 1);
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            var count = stream.read(bytes, offset, length);
            count(count);
            return count;
        }

        private void count(int bytes) throws IOException {
            read += Math.max(0, bytes);
            if (read > limit) {
                throw new BodyTooLarge();
            }
        }

        @Override
        public boolean isFinished() {
            return stream.isFinished();
        }

        @Override
        public boolean isReady() {
            return stream.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            stream.setReadListener(listener);
        }
    }
}
