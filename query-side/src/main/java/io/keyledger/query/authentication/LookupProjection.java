package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.RowWriter;
import io.keyledger.query.Tables;
import io.keyledger.query.account.AccountRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Keeps the tables that authenticate requests, in the transaction that appends the event: when a revocation is
 * answered, it holds on every node. Its indexes are also the rules that hold over all aggregates; what it refuses is
 * never appended.
 */
public final class LookupProjection implements Projection {

    private static final int FULL = 150_000;

    private final PersonalDataKeys keys;

    public LookupProjection(PersonalDataKeys keys) {
        this.keys = keys;
    }

    @Override
    public String name() {
        return "lookup";
    }

    @Override
    public List<String> tables() {
        return List.of("token_value", "token", "account", "account_owner");
    }

    @Override
    public List<String> loadIndexes() {
        return List.of("token_value_accepted");
    }

    @Override
    public boolean isStreaming() {
        return false;
    }

    /**
     * Applies what is being appended, in the appending transaction.
     *
     * @throws Refusal when a rule over all accounts or tokens is against it; then it must not be appended
     */
    public void append(List<LogEntry> entries, Tables live) {
        // One statement writes the rows in an order of its own: where several take names, one may need what another
        // has given up, so each has its turn.
        if (entries.stream().filter(LookupProjection::takesName).limit(2).count() < 2) {
            appendTogether(entries, live);
        } else {
            entries.forEach(entry -> appendTogether(List.of(entry), live));
        }
    }

    private static boolean takesName(LogEntry entry) {
        return entry.isA(AccountRegistered.class)
                || entry.isA(EmailChanged.class)
                || entry.isA(TokenCreated.class)
                || entry.isA(TokenRenamed.class)
                || entry.isA(TokenTransferred.class);
    }

    private void appendTogether(List<LogEntry> entries, Tables live) {
        var administratorGoes = entries.stream()
                .anyMatch(entry -> entry.isA(AccountDisabled.class)
                        || entry.isA(AdministratorRevoked.class)
                        || entry.isA(PersonalDataErased.class));
        if (administratorGoes) {
            lockAdministrators(live);
        }
        apply(entries, live);
        if (administratorGoes) {
            requireAdministrator(live);
        }
    }

    /** Of two administrators who disable each other at once, the second waits here and then sees the first's change. */
    private static void lockAdministrators(Tables live) {
        live.sql("""
            select account_id from projection.account where administrator and enabled and not service
            order by account_id for update\
            """).query(String.class).list();
    }

    private static void requireAdministrator(Tables live) {
        var remains = live.sql("select exists (select from projection.account where administrator and enabled"
                        + " and not service)")
                .query(Boolean.class)
                .single();
        if (!remains) {
            throw new Refusal.Conflict(
                    "last_administrator", "This is the last enabled administrator. Make somebody else one first.");
        }
    }

    @Override
    public Keyring keyring(List<LogEntry> entries) {
        return LogEntry.keyring(
                entries.stream()
                        .filter(entry -> isOfAccounts(entry) || isOfTokens(entry))
                        .toList(),
                keys);
    }

    private static boolean isOfAccounts(LogEntry entry) {
        return entry.isA(AccountEvent.class) && !AccountRow.isObservation((AccountEvent) entry.event());
    }

    private static boolean isOfTokens(LogEntry entry) {
        return entry.isA(TokenEvent.class) && LookupToken.isToldBy((TokenEvent) entry.event());
    }

    @Override
    public Fold fold(Tables tables) {
        return new Rows(tables);
    }

    private static final class Rows implements Fold {

        private final Tables tables;
        private final Map<String, AccountRow> accountsBefore = new HashMap<>();
        private final Map<String, AccountRow> accounts = new HashMap<>();
        private final Map<String, LookupToken> tokens = new HashMap<>();
        private final Set<String> erased = new HashSet<>();

        /** Each once: many tokens have the same. */
        private final Map<List<String>, List<String>> permissions = new HashMap<>();

        private int rows;

        Rows(Tables tables) {
            this.tables = tables;
        }

        @Override
        public void add(List<LogEntry> entries, Keyring keyring) {
            addToAccounts(
                    entries.stream().filter(LookupProjection::isOfAccounts).toList(), keyring);
            addToTokens(entries.stream().filter(LookupProjection::isOfTokens).toList(), keyring);
        }

        private void addToAccounts(List<LogEntry> entries, Keyring keyring) {
            var lacking = Fold.lacking(
                    entries,
                    entry -> entry.event().accountId(),
                    entry -> entry.sequenceNumber() == 0,
                    accounts.keySet());
            for (var row : loadAccounts(lacking, tables)) {
                accountsBefore.put(row.accountId(), row);
                accounts.put(row.accountId(), row);
                rows++;
            }
            for (var entry : entries) {
                var id = entry.event().accountId();
                var known = accounts.get(id);
                var row = AccountRow.evolve(known, entry, keyring);
                if (row == null || (known != null && row.version() == known.version())) {
                    throw new IllegalStateException(
                            "the lookup table is ahead of event %d of %s".formatted(entry.sequenceNumber(), id));
                }
                accounts.put(id, row);
                rows += known == null ? 1 : 0;
                if (entry.isA(PersonalDataErased.class)) {
                    erased.add(id);
                }
            }
        }

        private void addToTokens(List<LogEntry> entries, Keyring keyring) {
            var lacking = Fold.lacking(
                    entries,
                    entry -> ((TokenEvent) entry.event()).tokenId(),
                    entry -> entry.isA(TokenCreated.class),
                    tokens.keySet());
            rows += lacking.size();
            loadTokens(lacking, tokens, tables);
            for (var entry : entries) {
                var event = (TokenEvent) entry.event();
                if (event instanceof TokenCreated
                        && tokens.putIfAbsent(event.tokenId(), new LookupToken(event.tokenId(), event.accountId()))
                                != null) {
                    throw new IllegalStateException("the lookup table has " + event.tokenId() + " already");
                }
                var token = tokens.get(event.tokenId());
                if (token == null) {
                    throw new IllegalStateException("the lookup table lacks %s, to which the event %s happened"
                            .formatted(event.tokenId(), entry.eventId()));
                }
                if (!token.apply(entry, keyring) && tables.areLive()) {
                    throw alreadyRecorded();
                }
                token.permissions = permissions.computeIfAbsent(token.permissions, same -> same);
                rows += event instanceof TokenCreated || event instanceof TokenValueRetired ? 1 : 0;
            }
        }

        @Override
        public boolean isFull() {
            return rows >= FULL;
        }

        @Override
        public void write() {
            writeAccounts(
                    accounts.values().stream()
                            .filter(row -> !row.equals(accountsBefore.get(row.accountId())))
                            .sorted(Comparator.comparing(AccountRow::accountId))
                            .toList(),
                    accountsBefore,
                    tables);
            writeTokens(tokens.values().stream().filter(LookupToken::hasChanged).toList(), tables);
            if (!erased.isEmpty()) {
                eraseRanges(erased.toArray(String[]::new), tables);
            }
            accountsBefore.clear();
            accounts.clear();
            tokens.clear();
            erased.clear();
            permissions.clear();
            rows = 0;
        }
    }

    /** As their own events tell it without the data key, so that a rebuild makes the same. All of them are revoked. */
    private static void eraseRanges(String[] accounts, Tables tables) {
        tables.sql("update projection.token set allowed_addresses = array[:erased] where account_id = any"
                        + " (:accounts) and allowed_addresses is not null")
                .param("erased", PersonalDataKeys.ERASED)
                .param("accounts", accounts)
                .update();
    }

    // Accounts

    private static List<AccountRow> loadAccounts(Set<String> ids, Tables tables) {
        if (ids.isEmpty()) {
            return List.of();
        }
        return tables.sql("""
            select account_id, email, display_name, administrator, enabled, service, erased, session_epoch,
                created_at, password_changed_at, version, case when service then array(
                    select o.owner_id from projection.account_owner o where o.account_id = a.account_id) end as owners
            from projection.account a where account_id = any (:ids) order by account_id\
            """ + tables.forUpdate("a"))
                .param("ids", ids.toArray(String[]::new))
                .query((row, _) -> account(row))
                .list();
    }

    private static AccountRow account(ResultSet row) throws SQLException {
        return new AccountRow(
                row.getString("account_id"),
                row.getString("email"),
                row.getString("display_name"),
                row.getBoolean("administrator"),
                row.getBoolean("enabled"),
                row.getBoolean("service"),
                row.getBoolean("erased"),
                new TreeSet<>(list(row, "owners")),
                row.getLong("session_epoch"),
                row.getTimestamp("created_at").toInstant(),
                instant(row.getTimestamp("password_changed_at")),
                row.getLong("version"));
    }

    private static List<String> list(ResultSet row, String column) throws SQLException {
        var array = row.getArray(column);
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }

    private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
        return timestamp == null ? null : timestamp.toInstant();
    }

    private static final RowWriter<AccountRow> ACCOUNTS = new RowWriter<AccountRow>("projection.account", "account_id")
            .text("account_id", AccountRow::accountId)
            .text("email", AccountRow::email)
            .text("email_key", row -> row.email() == null ? null : key(row.email()))
            .text("display_name", AccountRow::displayName)
            .flag("administrator", AccountRow::administrator)
            .flag("enabled", AccountRow::enabled)
            .flag("service", AccountRow::service)
            .flag("erased", AccountRow::erased)
            .number("session_epoch", AccountRow::sessionEpoch)
            .number("version", AccountRow::version)
            .instant("created_at", AccountRow::createdAt)
            .instant("password_changed_at", AccountRow::passwordChangedAt);

    private static void writeAccounts(List<AccountRow> changed, Map<String, AccountRow> before, Tables tables) {
        try {
            ACCOUNTS.write(changed, row -> before.containsKey(row.accountId()), tables);
        } catch (DuplicateKeyException e) {
            throw tables.areLive() ? emailTaken() : e;
        }
        writeOwners(changed, before, tables);
    }

    private record Owner(String accountId, String ownerId) {}

    private static final RowWriter<Owner> OWNERS = new RowWriter<Owner>(
                    "projection.account_owner", "account_id", "owner_id")
            .text("account_id", Owner::accountId)
            .text("owner_id", Owner::ownerId);

    private static void writeOwners(List<AccountRow> changed, Map<String, AccountRow> before, Tables tables) {
        var added = new ArrayList<Owner>();
        var removed = new ArrayList<Owner>();
        for (var row : changed) {
            var known = before.get(row.accountId());
            var former = known == null ? new TreeSet<String>() : known.owners();
            row.owners().stream()
                    .filter(owner -> !former.contains(owner))
                    .forEach(owner -> added.add(new Owner(row.accountId(), owner)));
            former.stream()
                    .filter(owner -> !row.owners().contains(owner))
                    .forEach(owner -> removed.add(new Owner(row.accountId(), owner)));
        }
        OWNERS.delete(removed, tables);
        OWNERS.insert(added, tables);
    }

    // Tokens

    private static void loadTokens(Set<String> ids, Map<String, LookupToken> tokens, Tables tables) {
        if (ids.isEmpty()) {
            return;
        }
        // Several rows of a token: one for each value that is accepted. Both states are named so that the index on
        // them is used. PostgreSQL plans an array's query each time, which for one takes twice as long as the rest.
        var one = ids.size() == 1;
        tables.sql("""
            select t.*, v.digest, v.hint, v.state, v.issued_at
            from projection.token t
            left join projection.token_value v
                on v.token_id = t.token_id and v.state <> 'retired'
            where t.token_id = %s order by t.token_id\
            """.formatted(one ? ":ids" : "any (:ids)") + tables.forUpdate("t"))
                .param("ids", one ? ids.iterator().next() : ids.toArray(String[]::new))
                .query((RowCallbackHandler) row -> {
                    var token = token(row, tokens);
                    var digest = row.getBytes("digest");
                    if (digest != null) {
                        token.has(new LookupToken.Value(
                                Base64.getEncoder().encodeToString(digest),
                                row.getString("hint"),
                                row.getString("state"),
                                row.getTimestamp("issued_at").toInstant(),
                                true,
                                false));
                    }
                });
    }

    private static LookupToken token(ResultSet row, Map<String, LookupToken> tokens) throws SQLException {
        var id = row.getString("token_id");
        var known = tokens.get(id);
        if (known != null) {
            return known;
        }
        var token = new LookupToken(id, row.getString("account_id"));
        token.stored = true;
        token.nameKey = row.getString("name_key");
        token.permissions = list(row, "permissions");
        token.expiresAt = instant(row.getTimestamp("expires_at"));
        token.expired = row.getBoolean("expired");
        token.revoked = row.getBoolean("revoked");
        token.disabled = row.getBoolean("disabled");
        token.allowedAddresses = row.getArray("allowed_addresses") == null ? null : list(row, "allowed_addresses");
        token.overlapEndsAt = instant(row.getTimestamp("overlap_ends_at"));
        token.used = row.getBoolean("used");
        token.announcedDaysLeft = row.getObject("announced_days_left", Integer.class);
        tokens.put(id, token);
        return token;
    }

    private static final RowWriter<LookupToken> TOKENS = new RowWriter<LookupToken>("projection.token", "token_id")
            .text("token_id", row -> row.tokenId)
            .text("account_id", row -> row.accountId)
            .text("name_key", row -> row.nameKey)
            .texts("permissions", row -> row.permissions)
            .instant("expires_at", row -> row.expiresAt)
            .flag("expired", row -> row.expired)
            .flag("revoked", row -> row.revoked)
            .flag("disabled", row -> row.disabled)
            .texts("allowed_addresses", row -> row.allowedAddresses)
            .instant("overlap_ends_at", row -> row.overlapEndsAt)
            .flag("used", row -> row.used)
            .integer("announced_days_left", row -> row.announcedDaysLeft);

    private record ValueOf(String tokenId, LookupToken.Value value) {}

    private static final RowWriter<ValueOf> VALUES = new RowWriter<ValueOf>("projection.token_value", "digest")
            .bytes("digest", row -> row.value().digestBytes())
            .owner("token_id", ValueOf::tokenId)
            .text("hint", row -> row.value().hint())
            .text("state", row -> row.value().state())
            .instant("issued_at", row -> row.value().issuedAt());

    private static void writeTokens(List<LookupToken> changed, Tables tables) {
        // Names that are given up come first.
        var rows = changed.stream()
                .sorted(Comparator.comparing((LookupToken token) -> token.nameKey != null)
                        .thenComparing(token -> token.tokenId))
                .toList();
        try {
            TOKENS.write(rows, row -> row.stored, tables);
        } catch (DuplicateKeyException e) {
            throw tables.areLive() ? tokenNameTaken() : e;
        }
        VALUES.write(
                rows.stream()
                        .flatMap(
                                token -> token.changedValues().stream().map(value -> new ValueOf(token.tokenId, value)))
                        .toList(),
                row -> row.value().stored(),
                tables);
    }

    /** By what names are compared: none differ in case alone. */
    static String key(String name) {
        return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }

    private static Refusal alreadyRecorded() {
        return new Refusal.Conflict("already_recorded", "This was recorded before.");
    }

    private static Refusal emailTaken() {
        return new Refusal.Conflict("email_taken", "Another account has this email address.");
    }

    private static Refusal tokenNameTaken() {
        return new Refusal.Conflict(
                "token_name_taken", "Another of the account's tokens has this name. Choose another one.");
    }
}
