package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.server.projections.Projections;
import io.keyledger.server.projections.Rebuilds;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** How the projections are, and building them anew, for administrators. */
@Page
class ProjectionPages {

    private static final int DIFFERENCES = 50;

    private final Projections projections;
    private final Rebuilds rebuilds;
    private final FormErrors formErrors;

    ProjectionPages(Projections projections, Rebuilds rebuilds, FormErrors formErrors) {
        this.projections = projections;
        this.rebuilds = rebuilds;
        this.formErrors = formErrors;
    }

    /** @param rebuild the last one; absent: there was none */
    record Shown(Projections.Status status, Rebuilds.@Nullable Status rebuild) {

        public boolean rebuilding() {
            return rebuild != null && rebuild.state() == Rebuilds.State.RUNNING;
        }

        /** Absent while nobody knows. */
        public @Nullable Long minutesLeft() {
            return rebuild == null || rebuild.secondsLeft() == null ? null : (rebuild.secondsLeft() + 59) / 60;
        }
    }

    @GetMapping("/projections")
    String list(Caller caller, Model model) {
        caller.requireAdministrator();
        FormErrors.none(model);
        return page(model);
    }

    private String page(Model model) {
        var shown = projections.statuses().stream()
                .map(status -> new Shown(status, rebuilds.status(status.name()).orElse(null)))
                .toList();
        model.addAttribute("projections", shown);
        model.addAttribute("rebuilding", shown.stream().anyMatch(Shown::rebuilding));
        return "projections/list";
    }

    @PostMapping("/projections/{name}/rebuild")
    String rebuild(
            Caller caller,
            @PathVariable String name,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var account = caller.requireAdministrator();
        return change(
                () -> rebuilds.start(name, account), "projections.notice.started", model, locale, request, response);
    }

    @PostMapping("/projections/{name}/cancel")
    String cancel(
            Caller caller,
            @PathVariable String name,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        return change(() -> rebuilds.cancel(name), "projections.notice.cancelled", model, locale, request, response);
    }

    private String change(
            Runnable change,
            String notice,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        try {
            change.run();
        } catch (Refusal.Conflict e) {
            formErrors.show(e, locale, model, response);
            return page(model);
        }
        Browsing.notify(request, notice);
        return "redirect:/projections";
    }

    @GetMapping("/projections/{name}/differences")
    String differences(
            Caller caller, @PathVariable String name, @RequestParam(defaultValue = "0") long after, Model model) {
        caller.requireAdministrator();
        List<Rebuilds.Difference> found = rebuilds.differences(name, after, DIFFERENCES + 1);
        model.addAttribute("name", name);
        model.addAttribute("rebuild", rebuilds.status(name).orElse(null));
        model.addAttribute("differences", found.stream().limit(DIFFERENCES).toList());
        model.addAttribute(
                "next", found.size() > DIFFERENCES ? found.get(DIFFERENCES - 1).number() : null);
        return "projections/differences";
    }
}
