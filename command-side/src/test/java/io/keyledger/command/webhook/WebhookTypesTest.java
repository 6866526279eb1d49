package io.keyledger.command.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WebhookTypesTest {

    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    static Stream<Arguments> events() {
        return Stream.of(
                Arguments.of(
                        new TokenCreated("tok_1", "acc_1", text(), text(), List.of(), null, "digest", "klt_abcd"),
                        "token.created",
                        "{tokenId=tok_1, accountId=acc_1, position=7, hint=klt_abcd}"),
                Arguments.of(
                        new TokenRotated("tok_1", "acc_1", "digest", "klt_efgh", NOON),
                        "token.rotated",
                        "{tokenId=tok_1, accountId=acc_1, position=7, hint=klt_efgh,"
                                + " overlapEndsAt=2026-11-30T12:00:00Z}"),
                Arguments.of(
                        new TokenRevoked("tok_1", "acc_1", RevocationReason.LEAKED),
                        "token.revoked",
                        "{tokenId=tok_1, accountId=acc_1, position=7, reason=leaked}"),
                Arguments.of(
                        new TokenExpiryAnnounced("tok_1", "acc_1", NOON, 7),
                        "token.expiring",
                        "{tokenId=tok_1, accountId=acc_1, position=7, expiresAt=2026-11-30T12:00:00Z, daysLeft=7}"),
                Arguments.of(
                        new TokenLeaked("tok_1", "acc_1", "klt_abcd", "github", text()),
                        "token.leaked",
                        "{tokenId=tok_1, accountId=acc_1, position=7, hint=klt_abcd, source=github}"),
                Arguments.of(new AccountDisabled("acc_1"), "account.disabled", "{accountId=acc_1, position=7}"),
                Arguments.of(
                        new PasswordChanged("acc_1", true),
                        "account.password-changed",
                        "{accountId=acc_1, position=7}"),
                Arguments.of(new PasswordReset("acc_1"), "account.password-changed", "{accountId=acc_1, position=7}"),
                Arguments.of(
                        new PersonalDataErased("acc_1"),
                        "account.personal-data-erased",
                        "{accountId=acc_1, position=7}"));
    }

    @ParameterizedTest
    @MethodSource("events")
    void a_message_says_what_happened_without_secrets_and_personal_data(Event event, String type, String data) {
        assertThat(WebhookTypes.of(event)).isEqualTo(type);
        assertThat(WebhookTypes.data(event, 7)).hasToString(data);
    }

    @Test
    void the_names_are_those_of_these_events_and_no_others() {
        assertThat(WebhookTypes.NAMES)
                .isEqualTo(events().map(arguments -> (String) arguments.get()[1])
                        .distinct()
                        .sorted()
                        .toList());
        assertThat(WebhookTypes.of(new AccountEnabled("acc_1"))).isNull();
        assertThat(WebhookTypes.of(new TokenExpired("tok_1", "acc_1", NOON))).isNull();
    }

    private static PersonalText text() {
        return PersonalText.of("personal");
    }
}
