package io.keyledger.server.web;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/**
 * Errors that Tomcat itself answers, before any filter: malformed addresses, too many headers, TRACE. And an answer that
 * failed after it had begun is broken off here, instead of being ended as if it were complete.
 */
public final class ProblemReportValve extends ErrorReportValve {

    /** The failure of an answer that had begun, in a request's attribute. */
    static final String BROKEN_OFF = ProblemReportValve.class.getName() + ".brokenOff";

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        super.invoke(request, response);
        if (request.getAttribute(BROKEN_OFF) instanceof Throwable failure) {
            response.getCoyoteResponse().action(ActionCode.CLOSE_NOW, failure);
        }
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable throwable) {
        var status = HttpStatus.resolve(response.getStatus());
        if (status == null || !status.isError() || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        var problem = Problems.ofStatus(status, false);
        if (status.is4xxClientError() && isForGateway(request)) {
            // What cannot even be read holds no good token; gateways take any other status for a failure.
            problem = Problems.ofStatus(HttpStatus.UNAUTHORIZED, false);
            response.setStatus(problem.status());
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"keyledger\"");
        }
        // By hand: Tomcat makes this object, so it has no JSON mapper. The texts are constants without quotes.
        var body = String.format(
                Locale.ROOT,
                "{\"type\":\"%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",\"code\":\"%s\"}",
                problem.type(),
                problem.title(),
                problem.status(),
                problem.detail(),
                problem.code());
        try {
            response.setContentType(Problem.MEDIA_TYPE);
            response.setHeader("Cache-Control", "no-store");
            var bytes = body.getBytes(StandardCharsets.UTF_8);
            response.setContentLength(bytes.length);
            response.getOutputStream().write(bytes);
            response.finishResponse();
        } catch (IOException | IllegalStateException e) {
            container.getLogger().debug("the client is gone", e);
        }
    }

    private static boolean isForGateway(Request request) {
        var path = request.getRequestURI();
        return path != null && path.startsWith("/api/authenticate");
    }
}
