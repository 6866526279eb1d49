package io.keyledger.server.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/** Errors that a filter or the container answered with no more than a status. */
@Controller
class ProblemErrorController implements ErrorController {

    private final Problems problems;

    ProblemErrorController(Problems problems) {
        this.problems = problems;
    }

    @RequestMapping("/error")
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        var status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                ? HttpStatus.resolve(code)
                : HttpStatus.NOT_FOUND;
        // With a 4xx, the exception is the container's own about a body that ends too early or is no body.
        if (request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Exception failure
                && (status == null || status.is5xxServerError())) {
            problems.answer(request, response, failure);
            return;
        }
        problems.write(request, response, Problems.ofStatus(status == null ? HttpStatus.BAD_REQUEST : status, false));
    }
}
