package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.command.account.PasswordRules.Violation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordRulesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "correct horse battery staple",
                "Tr0ub4dor&3-is-not-better",
                "пароль из пятнадцати букв",
                "密码要有十五个字符才可以使用的哦",
                "               ",
                "passwordqwertydragon",
                "password-password",
                "ann.lee loves long walks"
            })
    void passphrases_in_any_script_are_allowed(String password) {
        assertThat(codes(password)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"14, password_too_short", "15,", "128,", "129, password_too_long"})
    void a_password_has_15_to_128_characters_also_when_it_repeats_one(int length, String code) {
        assertThat(codes("x".repeat(length))).isEqualTo(code == null ? List.of() : List.of(code));
        assertThat(codes("1".repeat(length))).isEqualTo(code == null ? List.of() : List.of(code));
    }

    @Test
    void length_counts_code_points_not_utf16_units() {
        assertThat(codes("😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰")).containsExactly("password_too_short");
        assertThat(codes("😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍")).isEmpty();
        assertThat(codes("😀".repeat(128))).isEmpty();
    }

    @Test
    void length_counts_what_is_left_after_nfkc() {
        var ligatures = "ﬃﬃﬃﬃﬃ";
        assertThat(PasswordRules.normalise(ligatures)).isEqualTo("ffiffiffiffiffi");
        assertThat(codes(ligatures)).isEmpty();
        var decomposed = "e\u0301".repeat(14);
        assertThat(codes(decomposed)).containsExactly("password_too_short");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a long enough \0 password", "a long enough \uD83D password", "\uDE00 a long enough password"})
    void nul_and_lone_surrogates_are_refused(String password) {
        assertThat(codes(password)).containsExactly("password_invalid_characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1234567890987654321",
                "qwertasdfgzxcvb",
                "QwertASDFGzxcvb",
                "ｑｗｅｒｔａｓｄｆｇｚｘｃｖｂ",
                "passwordpassword",
                "PasswordpassWORD",
                "passwordpasswordpass",
                "123456789012345",
                "qwertyqwertyqwerty"
            })
    void common_passwords_and_repetitions_of_one_are_refused(String password) {
        assertThat(codes(password)).containsExactly("password_too_common");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ann.lee@example.com",
                "ANN.LEE@example.com",
                "ann.lee@example.com123",
                "keyledgerKeyLedger",
                "my keyledger pw",
                "Ann Lee-Žižková",
                "ann lee-ŽIŽKOVÁ1234567",
                "ann.leeann.leeann.lee"
            })
    void a_password_that_is_little_more_than_own_names_is_refused(String password) {
        assertThat(codes(password)).containsExactly("password_contains_own_name");
    }

    @Test
    void names_are_fine_beside_eight_other_characters_and_short_names_are_not_looked_for() {
        assertThat(codes("keyledger12345678")).isEmpty();
        assertThat(codes("keyledger1234567")).containsExactly("password_contains_own_name");
        assertThat(PasswordRules.violations("bobbobbobbobbob", "bob@example.com", "Bob"))
                .isEmpty();
        assertThat(PasswordRules.violations("any fifteen letters", "no-at-sign", ""))
                .isEmpty();
    }

    @Test
    void all_broken_rules_are_told_at_once_without_the_password() {
        var violations = PasswordRules.violations("keyledger\0", "ann@example.com", "Ann");
        assertThat(violations)
                .extracting(Violation::code)
                .containsExactly("password_too_short", "password_invalid_characters", "password_contains_own_name");
        assertThat(violations)
                .extracting(Violation::message)
                .allSatisfy(message -> assertThat(message).isNotBlank().doesNotContain("\0"));
    }

    private static List<String> codes(String password) {
        return PasswordRules.violations(password, "ann.lee@example.com", "Ann Lee-Žižková").stream()
                .map(Violation::code)
                .toList();
    }
}
