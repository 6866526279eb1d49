package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what is missing in a form, so that all of it is told at once. */
final class Fields {

    private final List<FieldError> errors = new ArrayList<>();

    String required(String field, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            errors.add(new FieldError(field, "required", "Fill in this field."));
            return "";
        }
        return text;
    }

    /** A new password and its repetition. */
    String confirmed(@Nullable String newPassword, @Nullable String confirmNewPassword) {
        var text = required("newPassword", newPassword);
        if (!text.equals(confirmNewPassword == null ? "" : confirmNewPassword)) {
            errors.add(new FieldError("confirmNewPassword", "password_mismatch", "Type the same password again."));
        }
        return text;
    }

    void refuseIfAny() {
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
    }
}
