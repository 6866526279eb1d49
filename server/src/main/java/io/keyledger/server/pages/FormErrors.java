package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.server.web.Problems;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;

/** Shows a refusal in the form that caused it: each field's error next to the field, in the reader's language. */
@Component
class FormErrors {

    private final MessageSource messages;

    FormErrors(MessageSource messages) {
        this.messages = messages;
    }

    /**
     * What is wrong with a form.
     *
     * @param fields by name
     * @param general what belongs to no field
     */
    record Shown(Map<String, String> fields, @Nullable String general) {

        static final Shown NONE = new Shown(Map.of(), null);
    }

    /** The model of a form that was not sent yet. */
    static void none(Model model) {
        model.addAttribute("errors", Shown.NONE);
    }

    /** Puts the errors into the model, and the refusal's status into the response. */
    void show(Refusal refusal, Locale locale, Model model, HttpServletResponse response) {
        var status = Problems.status(refusal);
        // A page has its own way to sign in.
        response.setStatus(status.value() == 401 ? 422 : status.value());
        model.addAttribute("errors", shown(refusal, locale));
    }

    private Shown shown(Refusal refusal, Locale locale) {
        var errors = switch (refusal) {
            case Refusal.Unprocessable r -> r.errors();
            case Refusal.Malformed r -> r.errors();
            case Refusal.Conflict r
            when r.code().equals("token_name_taken") -> List.of(new FieldError("name", r.code(), r.detail()));
            case Refusal.Conflict r
            when r.code().equals("email_taken") -> List.of(new FieldError("email", r.code(), r.detail()));
            default -> List.<FieldError>of();
        };
        var fields = new TreeMap<String, String>();
        for (var error : errors) {
            fields.merge(error.field(), message(error, locale), (first, second) -> first + " " + second);
        }
        return new Shown(fields, errors.isEmpty() ? general(refusal, locale) : null);
    }

    private String message(FieldError error, Locale locale) {
        var ofCode = messages.getMessage("error." + error.code(), null, error.message(), locale);
        return Objects.requireNonNull(
                messages.getMessage("error." + error.code() + "." + error.field(), null, ofCode, locale));
    }

    private String general(Refusal refusal, Locale locale) {
        return Objects.requireNonNull(
                messages.getMessage("problem." + refusal.code() + ".detail", null, refusal.detail(), locale));
    }
}
