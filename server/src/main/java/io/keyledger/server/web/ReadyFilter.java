package io.keyledger.server.web;

import io.keyledger.api.Refusal;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Until the start is complete, and while the database is waited for, everything but the health and files is 503; and so it
 * is where another process goes by this node's id.
 */
final class ReadyFilter extends HttpFilter {

    /** The files are for the page that says it. */
    private static final Pattern FREE = Pattern.compile("/(actuator|assets|webjars)/");

    private final BooleanSupplier ready;
    private final BooleanSupplier doubled;

    ReadyFilter(BooleanSupplier ready, BooleanSupplier doubled) {
        this.ready = ready;
        this.doubled = doubled;
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (FREE.matcher(request.getRequestURI()).lookingAt()) {
            chain.doFilter(request, response);
            return;
        }
        if (!ready.getAsBoolean()) {
            throw new Refusal.Unavailable(
                    "starting", "The server is starting, or waits for its database. Try again.", Duration.ofSeconds(1));
        }
        if (doubled.getAsBoolean()) {
            throw new Refusal.Unavailable(
                    "duplicate_node",
                    "Another process goes by this node's id, and this one has to be restarted. Ask another node.",
                    Duration.ofSeconds(10));
        }
        chain.doFilter(request, response);
    }
}
