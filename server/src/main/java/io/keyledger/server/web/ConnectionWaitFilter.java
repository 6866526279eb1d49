package io.keyledger.server.web;

import io.keyledger.server.database.RequestWaits;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Whoever finds all connections to the database taken is told so within two seconds, at whatever step of a request. */
final class ConnectionWaitFilter extends HttpFilter {

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try (var _ = RequestWaits.limit(response::isCommitted)) {
            chain.doFilter(request, response);
        }
    }
}
