package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmailAddressTest {

    private final List<FieldError> errors = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"ada@example.org", "admin@localhost", "o'hara+tag@example.org", "björk@müsik.example"})
    void whatever_has_one_at_sign_is_accepted(String email) {
        assertThat(EmailAddress.check(errors, email)).isEqualTo(email);
        assertThat(errors).isEmpty();
    }

    @Test
    void white_space_around_it_is_dropped_and_its_case_kept() {
        assertThat(EmailAddress.check(errors, " Ada@Example.org\n")).isEqualTo("Ada@Example.org");
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ada", "@example.org", "ada@", "a@b@c", "ada lovelace@example.org", "ada@\u00a0x y"})
    void another_form_is_refused(String email) {
        EmailAddress.check(errors, email);
        assertThat(errors).extracting(FieldError::field).containsExactly("email");
        assertThat(errors).extracting(FieldError::code).containsExactly("invalid_email");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " "})
    void it_is_required(String email) {
        EmailAddress.check(errors, email);
        assertThat(errors).extracting(FieldError::code).containsExactly("required");
    }

    @Test
    void it_has_at_most_254_characters() {
        EmailAddress.check(errors, "a".repeat(242) + "@example.org");
        assertThat(errors).isEmpty();
        EmailAddress.check(errors, "a".repeat(243) + "@example.org");
        assertThat(errors).extracting(FieldError::code).containsExactly("too_long");
    }

    @Test
    void addresses_that_differ_in_case_white_space_or_unicode_form_are_one() {
        assertThat(EmailAddress.key(" Ada@Example.ORG ")).isEqualTo("ada@example.org");
        assertThat(EmailAddress.key("bjo\u0308rk@example.org")).isEqualTo(EmailAddress.key("BJÖRK@example.org"));
        assertThat(EmailAddress.key("ada@example.org")).isNotEqualTo(EmailAddress.key("adá@example.org"));
    }

    @Test
    void the_machines_language_changes_nothing() {
        var before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(EmailAddress.key("INFO@example.org")).isEqualTo("info@example.org");
        } finally {
            Locale.setDefault(before);
        }
    }
}
