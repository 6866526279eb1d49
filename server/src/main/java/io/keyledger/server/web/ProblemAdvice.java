package io.keyledger.server.web;

import io.keyledger.server.database.Outage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Failures inside Spring MVC. */
@RestControllerAdvice
class ProblemAdvice {

    private final Problems problems;

    ProblemAdvice(Problems problems) {
        this.problems = problems;
    }

    @ExceptionHandler
    @SuppressWarnings("IllegalCatch") // Whatever was made of the database's failure on its way.
    void answer(Exception failure, HttpServletRequest request, HttpServletResponse response) throws Exception {
        if (response.isCommitted()) {
            // Who writes the answer has failed, not what comes after it: a part must not be taken for the whole.
            request.setAttribute(ProblemReportValve.BROKEN_OFF, failure);
        }
        try {
            problems.answer(request, response, failure);
        } catch (Exception e) {
            // A web session is stored when the answer begins. If it cannot be, CorrelationFilter answers, which is
            // around that; and of the failure that Spring has handed in, thrown on, it says nothing.
            throw Outage.isCauseOf(e) ? failure : e;
        }
    }
}
