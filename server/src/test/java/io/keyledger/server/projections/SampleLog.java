package io.keyledger.server.projections;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.token.RetirementReason;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.server.eventstore.EventSerializer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.BatchPreparedStatementSetter;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A log as a busy year leaves it, the same for the same seed but for the ciphertexts: accounts, their sign-ins, and
 * tokens that are made, used, changed, rotated and revoked, all interleaved.
 */
final class SampleLog {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int CHUNK = 5_000;

    private final JdbcTemplate jdbc;
    private final PersonalDataKeys keys;
    private final EventSerializer serializer = new EventSerializer(Event.types());
    private final Random random;
    private final List<Person> people = new ArrayList<>();
    private final List<Token> tokens = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private int made;

    @SuppressWarnings("ArrayRecordComponent") // A counter.
    private record Person(String id, boolean service, Keyring keyring, int[] next) {}

    private static final class Token {
        final String id;
        final Person owner;
        int next;
        String current = "";
        String previous = "";
        boolean disabled;
        boolean used;

        Token(String id, Person owner) {
            this.id = id;
            this.owner = owner;
        }
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Row(
            String id,
            String aggregate,
            long sequence,
            String type,
            Instant at,
            String name,
            String revision,
            byte[] payload,
            byte[] metadata) {}

    SampleLog(DataSource database, PersonalDataKeys keys, long seed) {
        jdbc = new JdbcTemplate(database);
        this.keys = keys;
        random = new Random(seed);
    }

    /** Appends this many events, and some. */
    void append(int count) {
        var end = made + count;
        while (made < end) {
            step();
            if (rows.size() >= CHUNK) {
                flush();
            }
        }
        flush();
    }

    private void step() {
        var choice = random.nextInt(100);
        if (people.size() < 3 || choice < 2) {
            register();
        } else if (choice < 12) {
            var person = anyone();
            happens(person, new SignedIn(person.id(), SignInMethod.SESSION, "session"), false);
        } else if (choice < 14) {
            changeAccount(anyone());
        } else if (tokens.isEmpty() || choice < 37) {
            create(anyone());
        } else {
            change(tokens.get(random.nextInt(tokens.size())));
        }
    }

    private Person anyone() {
        return people.get(random.nextInt(people.size()));
    }

    private void register() {
        var id = "acc_" + hex(20);
        keys.create(id);
        var person = new Person(id, random.nextInt(10) == 0 && people.size() > 2, keys.of(List.of(id)), new int[1]);
        if (person.service()) {
            happens(person, new ServiceAccountRegistered(id, PersonalText.of("Service " + people.size())), true);
            happens(person, new AccountOwnerAdded(id, people.getFirst().id()), true);
        } else {
            var name = "Person " + people.size();
            happens(
                    person,
                    new AccountRegistered(
                            id,
                            PersonalText.of("person" + people.size() + "@example.org"),
                            PersonalText.of(name),
                            people.isEmpty()),
                    true);
        }
        people.add(person);
    }

    private void changeAccount(Person person) {
        if (person.service() || random.nextBoolean()) {
            happens(
                    person,
                    new DisplayNameChanged(person.id(), PersonalText.of("Former"), PersonalText.of("Now " + made)),
                    true);
        } else if (random.nextInt(4) > 0) {
            happens(person, new PasswordChanged(person.id(), random.nextBoolean()), true);
        } else if (!person.id().equals(people.getFirst().id())) {
            happens(person, new AccountDisabled(person.id()), true);
            happens(person, new AccountEnabled(person.id()), true);
        }
    }

    private void create(Person owner) {
        var token = new Token("tok_" + hex(20), owner);
        token.current = digest();
        happens(
                token,
                new TokenCreated(
                        token.id,
                        owner.id(),
                        PersonalText.of("Deployment " + made),
                        random.nextInt(3) == 0 ? PersonalText.of("Made by the generator") : null,
                        List.of("tokens:read", "audit:read"),
                        random.nextInt(3) == 0 ? null : START.plusSeconds(100_000_000L + made),
                        token.current,
                        "klt_" + token.current.substring(0, 4)));
        tokens.add(token);
    }

    private void change(Token token) {
        var id = token.id;
        var owner = token.owner.id();
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> {
                if (!token.used) {
                    token.used = true;
                    happens(token, new TokenFirstUsed(id, owner, PersonalText.of("GET /invoices")));
                }
            }
            case 3 ->
                happens(token, new TokenRenamed(id, owner, PersonalText.of("a"), PersonalText.of("Renamed " + made)));
            case 4 ->
                happens(token, new TokenDescriptionChanged(id, owner, null, PersonalText.of("Described " + made)));
            case 5, 6 ->
                happens(token, new TokenPermissionsChanged(id, owner, List.of("audit:read"), List.of("tokens:read")));
            case 7, 8 ->
                happens(token, new TokenExpiryChanged(id, owner, null, START.plusSeconds(200_000_000L + made)));
            case 9, 10 -> {
                if (!token.previous.isEmpty()) {
                    happens(
                            token,
                            new TokenValueRetired(id, owner, token.previous, "klt_prev", RetirementReason.REPLACED));
                }
                token.previous = token.current;
                token.current = digest();
                happens(token, new TokenRotated(id, owner, token.current, "klt_next", START.plusSeconds(made + 3600L)));
            }
            case 11 -> {
                token.disabled = !token.disabled;
                happens(token, token.disabled ? new TokenDisabled(id, owner) : new TokenEnabled(id, owner));
            }
            case 12 ->
                happens(token, new TokenAllowedAddressesChanged(id, owner, null, PersonalText.of("192.0.2.0/24")));
            default -> {
                happens(token, new TokenRevoked(id, owner, RevocationReason.REQUESTED));
                tokens.set(tokens.indexOf(token), tokens.getLast());
                tokens.removeLast();
            }
        }
    }

    private void happens(Person person, AccountEvent event, boolean inStream) {
        add(event, "account", person.id(), inStream ? person.next()[0]++ : -1, person);
    }

    private void happens(Token token, TokenEvent event) {
        add(event, "token", token.id, event instanceof TokenFirstUsed ? -1 : token.next++, token.owner);
    }

    private void add(Event event, String type, String aggregate, int sequence, Person of) {
        var bytes = new byte[16];
        random.nextBytes(bytes);
        var id = UUID.nameUUIDFromBytes(bytes).toString();
        var sealed = event instanceof PersonalDataEvent personal
                ? (Event) personal.withPersonalTexts(text -> text instanceof PersonalText.Clear(var clear)
                        ? of.keyring().seal(of.id(), id, clear)
                        : text)
                : event;
        var payload = serializer.serialize(sealed, byte[].class);
        Map<String, String> metadata = new HashMap<>();
        metadata.put("actorType", "user");
        metadata.put("actorAccountId", of.id());
        metadata.put("ipAddress", of.keyring().seal(of.id(), id, "192.0.2.7").ciphertext());
        metadata.put(
                "userAgent",
                of.keyring().seal(of.id(), id, "Mozilla/5.0 (X11; Linux)").ciphertext());
        metadata.put("correlationId", hex(32));
        rows.add(new Row(
                id,
                sequence < 0 ? id : aggregate,
                Math.max(sequence, 0),
                sequence < 0 ? "" : type,
                START.plusMillis(30L * made),
                payload.getType().getName(),
                payload.getType().getRevision(),
                payload.getData(),
                json(metadata)));
        made++;
    }

    private static byte[] json(Map<String, String> metadata) {
        var json = new StringBuilder("{");
        metadata.forEach((name, value) ->
                json.append(json.length() > 1 ? "," : "").append("\"%s\":\"%s\"".formatted(name, value)));
        return json.append('}').toString().getBytes(UTF_8);
    }

    private String hex(int length) {
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++) {
            text.append(Character.forDigit(random.nextInt(16), 16));
        }
        return text.toString();
    }

    private String digest() {
        var bytes = new byte[32];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private void flush() {
        jdbc.batchUpdate("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values (?, ?, ?, nullif(?, ''), ?::timestamptz, ?, ?, ?, ?)\
            """, new BatchPreparedStatementSetter() {
            @Override
            public void setValues(java.sql.PreparedStatement statement, int index) throws java.sql.SQLException {
                var row = rows.get(index);
                statement.setString(1, row.id());
                statement.setString(2, row.aggregate());
                statement.setLong(3, row.sequence());
                statement.setString(4, row.type());
                statement.setString(5, row.at().toString());
                statement.setString(6, row.name());
                statement.setString(7, row.revision());
                statement.setBytes(8, row.payload());
                statement.setBytes(9, row.metadata());
            }

            @Override
            public int getBatchSize() {
                return rows.size();
            }
        });
        rows.clear();
    }
}
