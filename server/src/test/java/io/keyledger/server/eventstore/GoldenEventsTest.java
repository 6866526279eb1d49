package io.keyledger.server.eventstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
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
import io.keyledger.api.account.PersonalDataEvent;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.SimpleSerializedObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The stored form of every event, one file a name and revision under {@code resources/events}. A file is never edited
 * once it was released: a changed event gets a higher revision and a file of its own, and the old one stays readable.
 */
class GoldenEventsTest {

    private static final Instant SOME_DAY = Instant.parse("2026-11-01T00:00:00Z");
    private static final Instant SOME_TIME = Instant.parse("2026-11-05T10:15:30.123Z");
    private static final PersonalText OLD = new PersonalText.Sealed("c2VhbGVkIG9sZA==");
    private static final PersonalText NAME = new PersonalText.Sealed("c2VhbGVkIG5hbWU=");
    private static final PersonalText EMAIL = new PersonalText.Sealed("c2VhbGVkIGVtYWls");
    private static final PersonalText DESCRIPTION = new PersonalText.Sealed("c2VhbGVkIGRlc2NyaXB0aW9u");

    private final EventSerializer serializer = new EventSerializer(Event.types());

    /** @param name of the file, without its ending */
    record Earlier(String name, Event event) {}

    /** Every earlier revision that was ever stored, and what it is read as. */
    static final List<Earlier> EARLIER = List.of(
            new Earlier("token.revoked-1", new TokenRevoked("tok_Ci1", "acc_Ada1", RevocationReason.REQUESTED)));

    static List<Event> samples() {
        return List.of(
                new AccountRegistered("acc_Ada1", EMAIL, NAME, true),
                new PasswordChanged("acc_Ada1", true),
                new ResetLinkIssued("acc_Ada1", SOME_TIME),
                new PasswordReset("acc_Ada1"),
                new EmailChanged("acc_Ada1", OLD, EMAIL),
                new DisplayNameChanged("acc_Ada1", OLD, NAME),
                new AccountDisabled("acc_Ada1"),
                new AccountEnabled("acc_Ada1"),
                new AdministratorGranted("acc_Ada1"),
                new AdministratorRevoked("acc_Ada1"),
                new ServiceAccountRegistered("acc_Bot1", NAME),
                new AccountOwnerAdded("acc_Bot1", "acc_Ada1"),
                new AccountOwnerRemoved("acc_Bot1", "acc_Ada1"),
                new PersonalDataErased("acc_Ada1"),
                new SignedIn("acc_Ada1", SignInMethod.SESSION, "ses_1"),
                new SignInFailed("acc_Ada1", SignInMethod.BASIC),
                new SignedOut("acc_Ada1", "ses_1"),
                new TokenCreated(
                        "tok_Ci1",
                        "acc_Ada1",
                        NAME,
                        DESCRIPTION,
                        List.of("tokens:read", "tokens:write"),
                        SOME_TIME,
                        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                        "klt_abcd"),
                new TokenRenamed("tok_Ci1", "acc_Ada1", OLD, NAME),
                new TokenDescriptionChanged("tok_Ci1", "acc_Ada1", OLD, DESCRIPTION),
                new TokenPermissionsChanged(
                        "tok_Ci1", "acc_Ada1", List.of("tokens:read"), List.of("tokens:read", "tokens:write")),
                new TokenExpiryChanged("tok_Ci1", "acc_Ada1", SOME_DAY, SOME_TIME),
                new TokenRevoked("tok_Ci1", "acc_Ada1", RevocationReason.LEAKED),
                new TokenExpired("tok_Ci1", "acc_Ada1", SOME_TIME),
                new TokenRotated(
                        "tok_Ci1", "acc_Ada1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "klt_efgh", SOME_TIME),
                new TokenValueRetired(
                        "tok_Ci1",
                        "acc_Ada1",
                        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                        "klt_abcd",
                        RetirementReason.SUCCESSOR_USED),
                new TokenFirstUsed("tok_Ci1", "acc_Ada1", NAME),
                new RetiredTokenValueUsed("tok_Ci1", "acc_Ada1", "klt_abcd", NAME),
                new TokenDisabled("tok_Ci1", "acc_Ada1"),
                new TokenEnabled("tok_Ci1", "acc_Ada1"),
                new TokenAllowedAddressesChanged("tok_Ci1", "acc_Ada1", OLD, NAME),
                new TokenTransferred("tok_Ci1", "acc_Bot1", "acc_Ada1", NAME, DESCRIPTION, OLD),
                new TokenLeaked("tok_Ci1", "acc_Ada1", "klt_abcd", "github", NAME),
                new TokenExpiryAnnounced("tok_Ci1", "acc_Ada1", SOME_TIME, 7),
                new WebhookCreated("whk_Bill1", "acc_Ada1", NAME, List.of("token.created")),
                new WebhookChanged("whk_Bill1", "acc_Ada1", OLD, NAME, List.of("token.created"), List.of()),
                new WebhookDisabled("whk_Bill1", "acc_Ada1", WebhookDisabled.Reason.FAILING),
                new WebhookEnabled("whk_Bill1", "acc_Ada1"),
                new WebhookDeleted("whk_Bill1", "acc_Ada1"));
    }

    static Stream<PersonalDataEvent> samplesWithPersonalTexts() {
        return samples().stream().filter(PersonalDataEvent.class::isInstance).map(PersonalDataEvent.class::cast);
    }

    @Test
    void every_kind_of_event_has_one_sample_and_every_file_an_event() throws IOException {
        assertThat(samples().stream().<Class<?>>map(Event::getClass))
                .containsExactlyInAnyOrderElementsOf(Event.types());
        try (var files = Files.list(Path.of("src/test/resources/events"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                    samples().stream().map(GoldenEventsTest::fileName),
                                    EARLIER.stream().map(earlier -> earlier.name() + ".json"))
                            .toList());
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void an_event_is_stored_as_exactly_these_bytes(Event event) {
        SerializedObject<byte[]> stored = serializer.serialize(event, byte[].class);

        assertThat(new String(stored.getData(), UTF_8)).isEqualTo(golden(event));
        assertThat(stored.getType().getName() + "-" + stored.getType().getRevision() + ".json")
                .isEqualTo(fileName(event));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void stored_bytes_are_read_as_the_same_event(Event event) {
        Object read = serializer.deserialize(stored(name(event), revision(event), golden(event)));

        assertThat(read).isEqualTo(event);
    }

    @ParameterizedTest
    @FieldSource("EARLIER")
    void an_earlier_revision_is_read_as_the_present_one(Earlier earlier) throws IOException {
        var dash = earlier.name().lastIndexOf('-');
        var json = Files.readString(Path.of("src/test/resources/events", earlier.name() + ".json"))
                .strip();

        Object read = serializer.deserialize(
                stored(earlier.name().substring(0, dash), earlier.name().substring(dash + 1), json));

        assertThat(read).isEqualTo(earlier.event());
    }

    @Test
    void what_is_absent_is_left_out() {
        for (Event event : List.of(
                new SignedIn("acc_Ada1", SignInMethod.BASIC, null),
                new TokenCreated("tok_Ci1", "acc_Ada1", NAME, null, List.of(), null, "digest", "klt_abcd"),
                new TokenDescriptionChanged("tok_Ci1", "acc_Ada1", null, null),
                new TokenExpiryChanged("tok_Ci1", "acc_Ada1", null, null))) {
            SerializedObject<byte[]> stored = serializer.serialize(event, byte[].class);

            assertThat(new String(stored.getData(), UTF_8)).doesNotContain("null");
            assertThat(serializer.<byte[], Object>deserialize(stored)).isEqualTo(event);
        }
    }

    @ParameterizedTest
    @MethodSource("samplesWithPersonalTexts")
    void text_that_was_not_sealed_is_never_written(PersonalDataEvent event) {
        var clear = event.withPersonalTexts(_ -> PersonalText.of("Lovelace"));

        assertThatThrownBy(() -> serializer.serialize(clear, byte[].class))
                .hasStackTraceContaining("personal text must be sealed first")
                .satisfies(e -> assertThat(e).asString().doesNotContain("Lovelace"));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void an_unknown_name_revision_or_field_stops_the_reader(Event event) {
        var json = golden(event);
        var nextRevision = Integer.toString(Integer.parseInt(revision(event)) + 1);
        var another = json.replaceFirst("\\{", "{\"another\":1,");

        assertThatThrownBy(() -> serializer.deserialize(stored(name(event) + "-again", revision(event), json)))
                .isInstanceOf(UnknownEventType.class);
        assertThatThrownBy(() -> serializer.deserialize(stored(name(event), nextRevision, json)))
                .isInstanceOf(UnknownEventType.class);
        assertThatThrownBy(() -> serializer.deserialize(stored(name(event), revision(event), another)))
                .isInstanceOf(SerializationException.class)
                .hasStackTraceContaining("another");
    }

    /** Without the line break at the file's end. */
    private static String golden(Event event) {
        var file = "/events/" + fileName(event);
        try (var in = Objects.requireNonNull(GoldenEventsTest.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), UTF_8).replaceFirst("\n$", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String fileName(Event event) {
        return name(event) + "-" + revision(event) + ".json";
    }

    private static String name(Event event) {
        return event.getClass().getAnnotation(EventType.class).name();
    }

    private static String revision(Event event) {
        return Integer.toString(event.getClass().getAnnotation(EventType.class).revision());
    }

    private static SerializedObject<byte[]> stored(String name, String revision, String json) {
        return new SimpleSerializedObject<>(json.getBytes(UTF_8), byte[].class, name, revision);
    }
}
