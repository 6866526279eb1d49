package io.keyledger.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Shows a problem as a page, where a person's browser asked for one. */
public interface ProblemPage {

    /** What a page may load (W3C Content Security Policy 3): our own files; no script or style inside the page. */
    String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /** Answers with the page; the response has nothing in it yet. */
    void show(HttpServletRequest request, HttpServletResponse response, Problem problem);
}
