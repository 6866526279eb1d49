package io.keyledger.query.audit;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.RetirementReason;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.api.webhook.WebhookChanged;
import io.keyledger.api.webhook.WebhookCreated;
import io.keyledger.api.webhook.WebhookDeleted;
import io.keyledger.api.webhook.WebhookDisabled;
import io.keyledger.api.webhook.WebhookEnabled;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class AuditDetailsTest {

    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    static Stream<Arguments> events() {
        return Stream.of(
                Arguments.of(
                        new AccountRegistered("acc_1", text("a@example.org"), text("Ada"), true),
                        "{'email':'opened a@example.org','displayName':'opened Ada','administrator':true}"),
                Arguments.of(new PasswordChanged("acc_1", true), "{'otherSessionsEnded':true}"),
                Arguments.of(new ResetLinkIssued("acc_1", NOON), "{'expiresAt':'2026-11-30T12:00:00Z'}"),
                Arguments.of(new PasswordReset("acc_1"), "{}"),
                Arguments.of(
                        new EmailChanged("acc_1", text("a"), text("b")),
                        "{'email':{'before':'opened a','after':'opened b'}}"),
                Arguments.of(
                        new DisplayNameChanged("acc_1", text("a"), text("b")),
                        "{'displayName':{'before':'opened a','after':'opened b'}}"),
                Arguments.of(new AccountDisabled("acc_1"), "{'enabled':{'before':true,'after':false}}"),
                Arguments.of(new AccountEnabled("acc_1"), "{'enabled':{'before':false,'after':true}}"),
                Arguments.of(new AdministratorGranted("acc_1"), "{'administrator':{'before':false,'after':true}}"),
                Arguments.of(new AdministratorRevoked("acc_1"), "{'administrator':{'before':true,'after':false}}"),
                Arguments.of(
                        new SignedIn("acc_1", SignInMethod.SESSION, "s1"), "{'method':'session','sessionId':'s1'}"),
                Arguments.of(new SignInFailed("acc_1", SignInMethod.BASIC), "{'method':'basic'}"),
                Arguments.of(new SignedOut("acc_1", "s1"), "{'sessionId':'s1'}"),
                Arguments.of(
                        new TokenCreated(
                                "tok_1", "acc_1", text("ci"), null, List.of("tokens:read"), null, "digest", "klt_abcd"),
                        "{'name':'opened ci','description':null,'permissions':['tokens:read'],'expiresAt':null,"
                                + "'hint':'klt_abcd'}"),
                Arguments.of(
                        new TokenRenamed("tok_1", "acc_1", text("a"), text("b")),
                        "{'name':{'before':'opened a','after':'opened b'}}"),
                Arguments.of(
                        new TokenDescriptionChanged("tok_1", "acc_1", null, text("b")),
                        "{'description':{'before':null,'after':'opened b'}}"),
                Arguments.of(
                        new TokenPermissionsChanged("tok_1", "acc_1", List.of("a"), List.of()),
                        "{'permissions':{'before':['a'],'after':[]}}"),
                Arguments.of(
                        new TokenExpiryChanged("tok_1", "acc_1", NOON, null),
                        "{'expiresAt':{'before':'2026-11-30T12:00:00Z','after':null}}"),
                Arguments.of(new TokenRevoked("tok_1", "acc_1", RevocationReason.REQUESTED), "{'reason':'requested'}"),
                Arguments.of(
                        new TokenRotated("tok_1", "acc_1", "digest", "klt_efgh", NOON),
                        "{'hint':'klt_efgh','overlapEndsAt':'2026-11-30T12:00:00Z'}"),
                Arguments.of(
                        new TokenValueRetired("tok_1", "acc_1", "digest", "klt_abcd", RetirementReason.REPLACED),
                        "{'hint':'klt_abcd','reason':'replaced'}"),
                Arguments.of(
                        new TokenFirstUsed("tok_1", "acc_1", text("GET /orders")), "{'request':'opened GET /orders'}"),
                Arguments.of(
                        new RetiredTokenValueUsed("tok_1", "acc_1", "klt_abcd", null),
                        "{'hint':'klt_abcd','request':null}"),
                Arguments.of(new TokenDisabled("tok_1", "acc_1"), "{'enabled':{'before':true,'after':false}}"),
                Arguments.of(new TokenEnabled("tok_1", "acc_1"), "{'enabled':{'before':false,'after':true}}"),
                Arguments.of(
                        new TokenAllowedAddressesChanged("tok_1", "acc_1", null, text("::1/128 10.0.0.0/8")),
                        "{'allowedAddresses':{'before':[],'after':['opened','::1/128','10.0.0.0/8']}}"),
                Arguments.of(
                        new TokenTransferred("tok_1", "acc_2", "acc_1", text("ci"), null, null),
                        "{'accountId':{'before':'acc_1','after':'acc_2'}}"),
                Arguments.of(
                        new TokenLeaked("tok_1", "acc_1", "klt_abcd", "github", text("https://example.org/x")),
                        "{'hint':'klt_abcd','source':'github','url':'opened https://example.org/x'}"),
                Arguments.of(
                        new TokenExpiryAnnounced("tok_1", "acc_1", NOON, 7),
                        "{'expiresAt':'2026-11-30T12:00:00Z','daysLeft':7}"),
                Arguments.of(new ServiceAccountRegistered("acc_1", text("Builds")), "{'displayName':'opened Builds'}"),
                Arguments.of(new AccountOwnerAdded("acc_1", "acc_2"), "{'ownerId':'acc_2'}"),
                Arguments.of(new AccountOwnerRemoved("acc_1", "acc_2"), "{'ownerId':'acc_2'}"),
                Arguments.of(new PersonalDataErased("acc_1"), "{}"),
                Arguments.of(new TokenExpired("tok_1", "acc_1", NOON), "{'expiredAt':'2026-11-30T12:00:00Z'}"),
                Arguments.of(
                        new WebhookCreated("whk_1", "acc_1", text("https://a"), List.of("token.created")),
                        "{'origin':'opened https://a','types':['token.created']}"),
                Arguments.of(
                        new WebhookChanged("whk_1", "acc_1", text("a"), text("b"), List.of("token.created"), List.of()),
                        "{'origin':{'before':'opened a','after':'opened b'},"
                                + "'types':{'before':['token.created'],'after':[]}}"),
                Arguments.of(
                        new WebhookDisabled("whk_1", "acc_1", WebhookDisabled.Reason.FAILING),
                        "{'enabled':{'before':true,'after':false},'reason':'failing'}"),
                Arguments.of(new WebhookEnabled("whk_1", "acc_1"), "{'enabled':{'before':false,'after':true}}"),
                Arguments.of(new WebhookDeleted("whk_1", "acc_1"), "{}"));
    }

    @ParameterizedTest
    @MethodSource("events")
    void tells_what_changed_in_a_fixed_order(Event event, String json) {
        var details = new AuditDetails(text -> "opened " + ((PersonalText.Sealed) text).ciphertext()).of(event);

        assertThat(JsonMapper.builder().build().writeValueAsString(details)).isEqualTo(json.replace('\'', '"'));
    }

    @Test
    void these_are_all_events() {
        assertThat(events().map(arguments -> arguments.get()[0].getClass()).collect(toSet()))
                .isEqualTo(Event.types().stream().collect(toSet()));
    }

    private static PersonalText text(String text) {
        return new PersonalText.Sealed(text);
    }
}
