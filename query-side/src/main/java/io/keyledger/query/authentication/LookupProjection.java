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
import io.keyledger.query.Columns;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;

/**
 * Keeps the tables that authenticate requests, in the transaction that appends the event: when a revocation is
 * answered, it holds on every node. Its indexes are also the rules that hold over all aggregates; what it refuses is
 * never appended.
 */
public final class LookupProjection implements Projection {

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
    public void apply(List<LogEntry> entries, Tables tables) {
        var ofAccounts = entries.stream()
                .filter(entry ->
                        entry.isA(AccountEvent.class) && !AccountRow.isObservation((AccountEvent) entry.event()))
                .toList();
        var ofTokens = entries.stream()
                .filter(entry -> entry.isA(TokenEvent.class) && LookupToken.isToldBy((TokenEvent) entry.event()))
                .toList();
        if (ofAccounts.isEmpty() && ofTokens.isEmpty()) {
            return;
        }
        var concerned = new ArrayList<>(ofAccounts);
        concerned.addAll(ofTokens);
        var keyring = LogEntry.keyring(concerned, keys);
        applyToAccounts(ofAccounts, keyring, tables);
        applyToTokens(ofTokens, keyring, tables);
        eraseRanges(ofAccounts, tables);
    }

    /** As their own events tell it without the data key, so that a rebuild makes the same. All of them are revoked. */
    private static void eraseRanges(List<LogEntry> ofAccounts, Tables tables) {
        var erased = ofAccounts.stream()
                .filter(entry -> entry.isA(PersonalDataErased.class))
                .map(entry -> entry.event().accountId())
                .toArray(String[]::new);
        if (erased.length > 0) {
            tables.sql("update projection.token set allowed_addresses = array[:erased] where account_id = any"
                            + " (:accounts) and allowed_addresses is not null")
                    .param("erased", PersonalDataKeys.ERASED)
                    .param("accounts", erased)
                    .update();
        }
    }

    // Accounts

    private static void applyToAccounts(List<LogEntry> entries, Keyring keyring, Tables tables) {
        if (entries.isEmpty()) {
            return;
        }
        var before = loadAccounts(
                entries.stream()
                        .filter(entry -> entry.sequenceNumber() > 0)
                        .map(entry -> entry.event().accountId())
                        .distinct()
                        .toArray(String[]::new),
                tables);
        var after = new TreeMap<>(before);
        for (var entry : entries) {
            var id = entry.event().accountId();
            var known = after.get(id);
            var row = AccountRow.evolve(known, entry, keyring);
            if (row == null || (known != null && row.version() == known.version())) {
                throw new IllegalStateException(
                        "the lookup table is ahead of event %d of %s".formatted(entry.sequenceNumber(), id));
            }
            after.put(id, row);
        }
        // Each of them had an event, and each event changes its row.
        var changed = List.copyOf(after.values());
        if (!tables.areLive()) {
            giveUpEmails(changed, before, tables);
        }
        try {
            writeAccounts(changed, tables);
        } catch (DuplicateKeyException e) {
            throw tables.areLive() ? emailTaken() : e;
        }
        writeOwners(changed, before, tables);
    }

    private static Map<String, AccountRow> loadAccounts(String[] ids, Tables tables) {
        var rows = new HashMap<String, AccountRow>();
        if (ids.length > 0) {
            tables.sql("""
                select account_id, email, display_name, administrator, enabled, service, erased, session_epoch,
                    created_at, password_changed_at, version, case when service then array(
                        select o.owner_id from projection.account_owner o where o.account_id = a.account_id) end as owners
                from projection.account a where account_id = any (:ids) order by account_id\
                """ + tables.forUpdate("a"))
                    .param("ids", ids)
                    .query((row, _) -> account(row))
                    .list()
                    .forEach(row -> rows.put(row.accountId(), row));
        }
        return rows;
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

    private static void writeAccounts(List<AccountRow> rows, Tables tables) {
        tables.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled,
                service, erased, session_epoch, version, created_at, password_changed_at)
            select account_id, email, email_key, display_name, administrator, enabled, service, erased,
                session_epoch, version, created_at::timestamptz, password_changed_at::timestamptz
            from unnest(:accountId::text[], :email::text[], :emailKey::text[], :displayName::text[],
                :administrator::boolean[], :enabled::boolean[], :service::boolean[], :erased::boolean[],
                :sessionEpoch::bigint[], :version::bigint[], :createdAt::text[], :passwordChangedAt::text[])
                as n (account_id, email, email_key, display_name, administrator, enabled, service, erased,
                    session_epoch, version, created_at, password_changed_at)
            on conflict (account_id) do update set (email, email_key, display_name, administrator, enabled, service,
                    erased, session_epoch, version, password_changed_at)
                = (excluded.email, excluded.email_key, excluded.display_name, excluded.administrator, excluded.enabled,
                    excluded.service, excluded.erased, excluded.session_epoch, excluded.version,
                    excluded.password_changed_at)\
            """)
                .param("accountId", Columns.texts(rows, AccountRow::accountId))
                .param("email", Columns.texts(rows, AccountRow::email))
                .param("emailKey", Columns.texts(rows, row -> row.email() == null ? null : key(row.email())))
                .param("displayName", Columns.texts(rows, AccountRow::displayName))
                .param("administrator", Columns.booleans(rows, AccountRow::administrator))
                .param("enabled", Columns.booleans(rows, AccountRow::enabled))
                .param("service", Columns.booleans(rows, AccountRow::service))
                .param("erased", Columns.booleans(rows, AccountRow::erased))
                .param("sessionEpoch", Columns.longs(rows, AccountRow::sessionEpoch))
                .param("version", Columns.longs(rows, AccountRow::version))
                .param("createdAt", Columns.instants(rows, AccountRow::createdAt))
                .param("passwordChangedAt", Columns.instants(rows, AccountRow::passwordChangedAt))
                .update();
    }

    /** As for tokens: a replay changes several at once. */
    private static void giveUpEmails(List<AccountRow> changed, Map<String, AccountRow> before, Tables tables) {
        var moved = changed.stream()
                .filter(row -> before.containsKey(row.accountId())
                        && !Objects.equals(before.get(row.accountId()).email(), row.email()))
                .map(AccountRow::accountId)
                .toArray(String[]::new);
        if (moved.length > 0) {
            tables.sql("update projection.account set email_key = null where account_id = any (:ids)")
                    .param("ids", moved)
                    .update();
        }
    }

    private record Owner(String accountId, String ownerId) {}

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
        if (!removed.isEmpty()) {
            writeOwners(
                    "delete from projection.account_owner where (account_id, owner_id) in (select * from",
                    removed,
                    tables,
                    ")");
        }
        if (!added.isEmpty()) {
            writeOwners("insert into projection.account_owner (account_id, owner_id) select * from", added, tables, "");
        }
    }

    private static void writeOwners(String start, List<Owner> owners, Tables tables, String end) {
        tables.sql(start + " unnest(:account::text[], :owner::text[])" + end)
                .param("account", Columns.texts(owners, Owner::accountId))
                .param("owner", Columns.texts(owners, Owner::ownerId))
                .update();
    }

    // Tokens

    private static void applyToTokens(List<LogEntry> entries, Keyring keyring, Tables tables) {
        if (entries.isEmpty()) {
            return;
        }
        var tokens = loadTokens(
                entries.stream()
                        .filter(entry -> !entry.isA(TokenCreated.class))
                        .map(entry -> ((TokenEvent) entry.event()).tokenId())
                        .distinct()
                        .toArray(String[]::new),
                tables);
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
        }
        writeTokens(tokens.values().stream().filter(LookupToken::hasChanged).toList(), tables);
    }

    private static Map<String, LookupToken> loadTokens(String[] ids, Tables tables) {
        var tokens = new TreeMap<String, LookupToken>();
        if (ids.length > 0) {
            // Several rows of a token: one for each value that is accepted. Both states are named so that the index on
            // them is used.
            tables.sql("""
                select t.*, v.digest, v.hint, v.state, v.issued_at
                from projection.token t
                left join projection.token_value v
                    on v.token_id = t.token_id and v.state <> 'retired'
                where t.token_id = any (:ids) order by t.token_id\
                """ + tables.forUpdate("t")).param("ids", ids).query(row -> {
                while (row.next()) {
                    var token = token(row, tokens);
                    var digest = row.getBytes("digest");
                    if (digest != null) {
                        token.has(new LookupToken.Value(
                                Base64.getEncoder().encodeToString(digest),
                                row.getString("hint"),
                                row.getString("state"),
                                row.getTimestamp("issued_at").toInstant()));
                    }
                }
                return tokens;
            });
        }
        return tokens;
    }

    private static LookupToken token(ResultSet row, Map<String, LookupToken> tokens) throws SQLException {
        var id = row.getString("token_id");
        var known = tokens.get(id);
        if (known != null) {
            return known;
        }
        var token = new LookupToken(id, row.getString("account_id"));
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

    private static void writeTokens(List<LookupToken> changed, Tables tables) {
        if (changed.isEmpty()) {
            return;
        }
        if (!tables.areLive()) {
            giveUpNames(changed, tables);
        }
        // Names that are given up come first.
        var rows = changed.stream()
                .sorted(Comparator.comparing((LookupToken token) -> token.nameKey != null))
                .toList();
        try {
            writeTokenRows(rows, tables);
        } catch (DuplicateKeyException e) {
            throw tables.areLive() ? tokenNameTaken() : e;
        }
        writeValues(rows, tables);
    }

    /** A replay applies many changes of names at once: of those, none may meet the name that another still has. */
    private static void giveUpNames(List<LookupToken> changed, Tables tables) {
        var renamed = changed.stream()
                .filter(LookupToken::takesAnotherName)
                .map(token -> token.tokenId)
                .toArray(String[]::new);
        if (renamed.length > 0) {
            tables.sql("update projection.token set name_key = null where token_id = any (:ids)")
                    .param("ids", renamed)
                    .update();
        }
    }

    private static void writeTokenRows(List<LookupToken> rows, Tables tables) {
        tables.sql("""
            insert into projection.token (token_id, account_id, name_key, permissions, expires_at, expired, revoked,
                disabled, allowed_addresses, overlap_ends_at, used, announced_days_left)
            select token_id, account_id, name_key, permissions::text[], expires_at::timestamptz, expired, revoked,
                disabled, allowed_addresses::text[], overlap_ends_at::timestamptz, used, announced_days_left
            from unnest(:tokenId::text[], :accountId::text[], :nameKey::text[], :permissions::text[],
                :expiresAt::text[],
                :expired::boolean[], :revoked::boolean[], :disabled::boolean[], :allowedAddresses::text[],
                :overlapEndsAt::text[], :used::boolean[], :announced::integer[])
                as n (token_id, account_id, name_key, permissions, expires_at, expired, revoked, disabled,
                    allowed_addresses, overlap_ends_at, used, announced_days_left)
            on conflict (token_id) do update set (account_id, name_key, permissions, expires_at, expired, revoked,
                    disabled, allowed_addresses, overlap_ends_at, used, announced_days_left)
                = (excluded.account_id, excluded.name_key, excluded.permissions, excluded.expires_at, excluded.expired,
                    excluded.revoked, excluded.disabled, excluded.allowed_addresses, excluded.overlap_ends_at,
                    excluded.used, excluded.announced_days_left)\
            """)
                .param("tokenId", Columns.texts(rows, row -> row.tokenId))
                .param("accountId", Columns.texts(rows, row -> row.accountId))
                .param("nameKey", Columns.texts(rows, row -> row.nameKey))
                .param("permissions", Columns.lists(rows, row -> row.permissions))
                .param("expiresAt", Columns.instants(rows, row -> row.expiresAt))
                .param("expired", Columns.booleans(rows, row -> row.expired))
                .param("revoked", Columns.booleans(rows, row -> row.revoked))
                .param("disabled", Columns.booleans(rows, row -> row.disabled))
                .param("allowedAddresses", Columns.lists(rows, row -> row.allowedAddresses))
                .param("overlapEndsAt", Columns.instants(rows, row -> row.overlapEndsAt))
                .param("used", Columns.booleans(rows, row -> row.used))
                .param(
                        "announced",
                        rows.stream().map(row -> row.announcedDaysLeft).toArray(Integer[]::new))
                .update();
    }

    private record ValueOf(String tokenId, LookupToken.Value value) {}

    private static void writeValues(List<LookupToken> tokens, Tables tables) {
        var rows = tokens.stream()
                .flatMap(token -> token.changedValues().stream().map(value -> new ValueOf(token.tokenId, value)))
                .toList();
        if (rows.isEmpty()) {
            return;
        }
        var written = tables.sql("""
            insert into projection.token_value as v (digest, token_id, hint, state, issued_at)
            select digest, token_id, hint, state, issued_at::timestamptz
            from unnest(:digest::bytea[], :tokenId::text[], :hint::text[], :state::text[], :issuedAt::text[])
                as n (digest, token_id, hint, state, issued_at)
            on conflict (digest) do update set state = excluded.state where v.token_id = excluded.token_id\
            """)
                .param("digest", Columns.bytes(rows, row -> row.value().digestBytes()))
                .param("tokenId", Columns.texts(rows, ValueOf::tokenId))
                .param("hint", Columns.texts(rows, row -> row.value().hint()))
                .param("state", Columns.texts(rows, row -> row.value().state()))
                .param("issuedAt", Columns.instants(rows, row -> row.value().issuedAt()))
                .update();
        if (written != rows.size()) {
            throw new IllegalStateException("a value of one token is another's already");
        }
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
