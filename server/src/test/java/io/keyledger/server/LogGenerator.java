package io.keyledger.server;

import io.keyledger.api.Event;
import io.keyledger.api.Ids;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.token.RetiredTokenValueUsed;
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
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.server.eventstore.EventSerializer;
import java.io.IOException;
import java.io.StringReader;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;
import org.axonframework.messaging.MetaData;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Fills a log with the lives of many accounts and their tokens: the events that the real commands append, with the same
 * fields and metadata, personal texts sealed under each account's own key. The same seed gives the same lives; only
 * ciphertext differs, because each sealing is random.
 *
 * <p>Of 1,000,000 events, some 24,000 are registrations, one in ten of a service account; 110,000 sign-ins; 38,000
 * changes of accounts; 136,000 creations of tokens, of which 42,000 are revoked. The others are what happens to tokens in
 * between, to any of them alike however old: first uses, new permissions, rotations and what they retire, new ends, names
 * and descriptions, pauses, ranges of addresses, transfers, retired values that turn up again.
 *
 * <p>Memory grows with the number of accounts and of tokens in use, not with that of events.
 */
public final class LogGenerator {

    private static final int EVENTS_AT_ONCE = 5_000;
    private static final String REQUEST = "GET https://api.example.org/invoices";
    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<String> PERMISSIONS =
            List.of("audit:read", "invoices:read", "invoices:write", "tokens:read", "tokens:write");

    private final DataSource dataSource;
    private final EventSerializer serializer = new EventSerializer(Event.types());
    private final PersonalDataKeys keys;
    private final Random random;
    private final List<LivingAccount> accounts = new ArrayList<>();
    private final List<LivingToken> tokens = new ArrayList<>();
    private final StringBuilder rows = new StringBuilder();
    private Instant now = BEGINNING;
    private long appended;
    private int emails;

    /** @param keys of the same database */
    public LogGenerator(DataSource dataSource, PersonalDataKeys keys, long seed) {
        this.dataSource = dataSource;
        this.keys = keys;
        this.random = new Random(seed);
    }

    private static final class LivingAccount {
        private final String id;
        private final boolean service;
        private final Keyring keyring;
        private String displayName = "";
        private String email = "";
        private boolean enabled = true;
        private long events;
        private int names;

        LivingAccount(String id, boolean service, Keyring keyring) {
            this.id = id;
            this.service = service;
            this.keyring = keyring;
        }
    }

    private static final class LivingToken {
        private final String id;
        private LivingAccount owner;
        private String name = "";
        private @Nullable String description;
        private @Nullable String addresses;
        private List<String> permissions = List.of();
        private @Nullable Instant expiresAt;
        private String digest = "";
        private String hint = "";
        private @Nullable String previousDigest;
        private String previousHint = "";
        private boolean enabled = true;
        private boolean used;
        private long events;

        LivingToken(String id, LivingAccount owner) {
            this.id = id;
            this.owner = owner;
        }
    }

    /**
     * Erases somebody who has tokens that are good from some addresses only.
     *
     * @return the account's id
     */
    public String erase() throws SQLException, IOException {
        var account = tokens.stream()
                .filter(token -> token.addresses != null && !token.owner.service && token.owner != accounts.getFirst())
                .findFirst()
                .orElseThrow()
                .owner;
        accounts.remove(account);
        for (var token : tokens.stream().filter(token -> token.owner == account).toList()) {
            tokens.remove(token);
            append(token, new TokenRevoked(token.id, account.id, RevocationReason.ACCOUNT_ERASED));
        }
        append(account, new PersonalDataErased(account.id));
        keys.destroy(account.id);
        write();
        return account.id;
    }

    /**
     * Appends so many events, and perhaps one more, as some come in pairs.
     *
     * @return how many it has appended by now
     */
    public long append(long events) throws SQLException, IOException {
        var end = appended + events;
        while (appended < end) {
            var upTo = Math.min(end, appended + EVENTS_AT_ONCE);
            while (appended < upTo) {
                live();
            }
            write();
        }
        return appended;
    }

    private void write() throws SQLException, IOException {
        try (var connection = dataSource.getConnection()) {
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn("""
                copy event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                    occurred_at, payload_type, payload_revision, payload, metadata) from stdin\
                """, new StringReader(rows.toString()));
        }
        rows.setLength(0);
    }

    /** One thing happens somewhere. */
    private void live() {
        now = now.plus(Duration.ofMillis(random.nextInt(20_000)));
        var chance = random.nextInt(1_000);
        if (chance < 25 || accounts.size() < 3) {
            register();
        } else if (chance < 150) {
            var account = any(accounts);
            if (!account.service) {
                observe(account, new SignedIn(account.id, SignInMethod.SESSION, id("ses_")));
            }
        } else if (chance < 190) {
            changeAccount(any(accounts));
        } else if (chance < 330 || tokens.isEmpty()) {
            create(any(accounts));
        } else {
            change(random.nextInt(tokens.size()));
        }
    }

    private void register() {
        var service = accounts.size() > 2 && random.nextInt(10) == 0;
        var id = id("acc_");
        keys.create(id);
        var account = new LivingAccount(id, service, keys.of(List.of(id)));
        account.displayName = (service ? "Service " : "Person ") + accounts.size();
        if (service) {
            append(account, new ServiceAccountRegistered(id, PersonalText.of(account.displayName)));
            append(account, new AccountOwnerAdded(id, accounts.getFirst().id));
        } else {
            account.email = newEmail();
            append(
                    account,
                    new AccountRegistered(
                            id,
                            PersonalText.of(account.email),
                            PersonalText.of(account.displayName),
                            accounts.isEmpty()));
        }
        accounts.add(account);
    }

    private void changeAccount(LivingAccount account) {
        var chance = random.nextInt(20);
        if (account.service || chance < 7) {
            var former = account.displayName;
            account.displayName = "Somebody, now number " + random.nextInt(1_000_000);
            append(
                    account,
                    new DisplayNameChanged(account.id, PersonalText.of(former), PersonalText.of(account.displayName)));
        } else if (chance < 16) {
            append(account, new PasswordChanged(account.id, random.nextBoolean()));
        } else if (chance < 18) {
            var former = account.email;
            account.email = newEmail();
            append(account, new EmailChanged(account.id, PersonalText.of(former), PersonalText.of(account.email)));
        } else if (account != accounts.getFirst()) {
            append(account, account.enabled ? new AccountDisabled(account.id) : new AccountEnabled(account.id));
            account.enabled = !account.enabled;
        }
    }

    private void create(LivingAccount account) {
        var token = new LivingToken(id("tok_"), account);
        token.name = newName(account);
        token.description =
                random.nextInt(3) == 0 ? "Made for the nightly build of project " + random.nextInt(1_000) : null;
        token.permissions = somePermissions();
        token.expiresAt = random.nextInt(3) == 0 ? null : now.plus(Duration.ofDays(30 + random.nextInt(335)));
        token.digest = digest();
        token.hint = hint();
        tokens.add(token);
        append(
                token,
                new TokenCreated(
                        token.id,
                        account.id,
                        PersonalText.of(token.name),
                        text(token.description),
                        token.permissions,
                        token.expiresAt,
                        token.digest,
                        token.hint));
    }

    private void change(int index) {
        var token = tokens.get(index);
        var account = token.owner.id;
        if (!token.used) {
            token.used = true;
            observe(token.owner, new TokenFirstUsed(token.id, account, PersonalText.of(REQUEST)));
            return;
        }
        if (!token.enabled) {
            token.enabled = true;
            append(token, new TokenEnabled(token.id, account));
            return;
        }
        var chance = random.nextInt(100);
        if (chance < 8) {
            var former = token.name;
            token.name = newName(token.owner);
            append(token, new TokenRenamed(token.id, account, PersonalText.of(former), PersonalText.of(token.name)));
        } else if (chance < 14) {
            var former = token.description;
            token.description = "For " + random.nextInt(1_000_000);
            append(token, new TokenDescriptionChanged(token.id, account, text(former), text(token.description)));
        } else if (chance < 36) {
            var former = token.permissions;
            token.permissions = somePermissions();
            append(token, new TokenPermissionsChanged(token.id, account, former, token.permissions));
        } else if (chance < 46) {
            var former = token.expiresAt;
            token.expiresAt = now.plus(Duration.ofDays(90));
            append(token, new TokenExpiryChanged(token.id, account, former, token.expiresAt));
        } else if (chance < 71) {
            rotate(token);
        } else if (chance < 78) {
            token.enabled = false;
            append(token, new TokenDisabled(token.id, account));
        } else if (chance < 84) {
            var former = token.addresses;
            token.addresses = "192.0.2.%d/32 198.51.100.0/24".formatted(random.nextInt(256));
            append(token, new TokenAllowedAddressesChanged(token.id, account, text(former), text(token.addresses)));
        } else if (chance < 86) {
            token.owner = any(accounts);
            token.name = newName(token.owner);
            append(
                    token,
                    new TokenTransferred(
                            token.id,
                            token.owner.id,
                            account,
                            PersonalText.of(token.name),
                            text(token.description),
                            text(token.addresses)));
        } else if (chance < 92) {
            if (token.previousDigest != null) {
                observe(
                        token.owner,
                        new RetiredTokenValueUsed(token.id, account, token.previousHint, PersonalText.of(REQUEST)));
            }
        } else {
            append(token, new TokenRevoked(token.id, account, RevocationReason.REQUESTED));
            // The last one takes its place, because taking it out of the middle would move all behind it.
            tokens.set(index, tokens.getLast());
            tokens.removeLast();
        }
    }

    private void rotate(LivingToken token) {
        if (token.previousDigest != null) {
            append(
                    token,
                    new TokenValueRetired(
                            token.id,
                            token.owner.id,
                            token.previousDigest,
                            token.previousHint,
                            RetirementReason.SUCCESSOR_USED));
        }
        token.previousDigest = token.digest;
        token.previousHint = token.hint;
        token.digest = digest();
        token.hint = hint();
        append(
                token,
                new TokenRotated(token.id, token.owner.id, token.digest, token.hint, now.plus(Duration.ofDays(1))));
    }

    private static @Nullable PersonalText text(@Nullable String text) {
        return text == null ? null : PersonalText.of(text);
    }

    private String newEmail() {
        return "person%d@example.org".formatted(emails++);
    }

    private String newName(LivingAccount account) {
        return "Token number " + account.names++;
    }

    private List<String> somePermissions() {
        return PERMISSIONS.stream().filter(_ -> random.nextInt(3) == 0).toList();
    }

    private String digest() {
        var bytes = new byte[32];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private String hint() {
        return "klt_…" + Ids.base62(random.nextInt(14_776_336), 4);
    }

    private String id(String prefix) {
        return prefix + Ids.base62(random.nextLong(Long.MAX_VALUE), 11) + Ids.base62(random.nextLong(1L << 52), 9);
    }

    private <T> T any(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    private void append(LivingAccount account, AccountEvent event) {
        row(account, "Account", account.id, account.events++, event);
    }

    private void append(LivingToken token, TokenEvent event) {
        row(token.owner, "Token", token.id, token.events++, event);
    }

    /** Outside the streams of accounts and tokens. */
    private void observe(LivingAccount account, Event event) {
        row(account, null, null, 0, event);
    }

    private void row(
            LivingAccount account,
            @Nullable String aggregateType,
            @Nullable String aggregateId,
            long sequenceNumber,
            Event event) {
        var eventId = new UUID(random.nextLong(), random.nextLong()).toString();
        Object sealed = event instanceof PersonalDataEvent personal
                ? personal.withPersonalTexts(
                        text -> account.keyring.seal(account.id, eventId, ((PersonalText.Clear) text).text()))
                : event;
        var payload = serializer.serialize(sealed, byte[].class);
        var metadata = serializer.serialize(MetaData.from(metadata(account, eventId)), byte[].class);
        cell(eventId);
        cell(aggregateId == null ? eventId : aggregateId);
        cell(Long.toString(sequenceNumber));
        cell(aggregateType == null ? "\\N" : aggregateType);
        cell(now.toString());
        cell(payload.getType().getName());
        cell(payload.getType().getRevision());
        cell("\\\\x" + HexFormat.of().formatHex(payload.getData()));
        rows.append("\\\\x")
                .append(HexFormat.of().formatHex(metadata.getData()))
                .append('\n');
        appended++;
    }

    private void cell(String text) {
        rows.append(text).append('\t');
    }

    private Map<String, String> metadata(LivingAccount actor, String eventId) {
        var address = "192.0.2." + random.nextInt(256);
        return Map.of(
                EventMetadata.ACTOR_TYPE, "account",
                EventMetadata.ACTOR_ACCOUNT_ID, actor.id,
                EventMetadata.CORRELATION_ID, Ids.base62(random.nextLong(Long.MAX_VALUE), 11),
                EventMetadata.IP_ADDRESS,
                        actor.keyring.seal(actor.id, eventId, address).ciphertext(),
                EventMetadata.USER_AGENT,
                        actor.keyring
                                .seal(actor.id, eventId, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
                                .ciphertext());
    }
}
