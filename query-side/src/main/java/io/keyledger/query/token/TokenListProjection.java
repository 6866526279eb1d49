package io.keyledger.query.token;

import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.RowWriter;
import io.keyledger.query.Tables;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Keeps {@code projection.token_list}: each account's tokens, with their names in clear. Applies each event of a token
 * once, in order; one that it has applied before changes nothing, and a hole before one stops it.
 */
@Component
class TokenListProjection implements Projection {

    private static final int FULL = 60_000;

    private static final RowWriter<TokenRow> ROWS = new RowWriter<TokenRow>("projection.token_list", "token_id")
            .text("token_id", TokenRow::tokenId)
            .text("account_id", TokenRow::accountId)
            .text("name", TokenRow::name)
            .text("name_key", row -> key(row.name()))
            .text("description", TokenRow::description)
            .text("description_key", row -> key(row.description()))
            .texts("permissions", TokenRow::permissions)
            .text("hint", TokenRow::hint)
            .instant("created_at", TokenRow::createdAt)
            .instant("expires_at", TokenRow::expiresAt)
            .instant("revoked_at", TokenRow::revokedAt)
            .flag("enabled", TokenRow::enabled)
            .texts("allowed_addresses", TokenRow::allowedAddresses)
            .instant("rotated_at", TokenRow::rotatedAt)
            .instant("overlap_ends_at", TokenRow::overlapEndsAt)
            .number("version", TokenRow::version);

    private final PersonalDataKeys keys;

    TokenListProjection(PersonalDataKeys keys) {
        this.keys = keys;
    }

    @Override
    public String name() {
        return "token";
    }

    @Override
    public List<String> tables() {
        return List.of("token_list");
    }

    @Override
    public Keyring keyring(List<LogEntry> entries) {
        return LogEntry.keyring(ofTokens(entries), keys);
    }

    private static List<LogEntry> ofTokens(List<LogEntry> entries) {
        return entries.stream()
                .filter(entry -> entry.isA(TokenEvent.class) && !TokenRow.isObservation((TokenEvent) entry.event()))
                .toList();
    }

    @Override
    public Fold fold(Tables tables) {
        return new Tokens(tables);
    }

    private static final class Tokens implements Fold {

        private final Tables tables;
        private final Map<String, TokenRow> before = new HashMap<>();
        private final Map<String, TokenRow> after = new HashMap<>();
        private final Set<String> erased = new HashSet<>();

        Tokens(Tables tables) {
            this.tables = tables;
        }

        @Override
        public void add(List<LogEntry> entries, Keyring keyring) {
            var ofTokens = ofTokens(entries);
            load(ofTokens);
            for (var entry : ofTokens) {
                after.compute(((TokenEvent) entry.event()).tokenId(), (_, row) -> TokenRow.evolve(row, entry, keyring));
            }
            entries.stream()
                    .filter(entry -> entry.isA(PersonalDataErased.class))
                    .forEach(entry -> erased.add(entry.event().accountId()));
        }

        /** Tables beside the live ones get each event once, so that a token that is created there has no row yet. */
        private void load(List<LogEntry> entries) {
            var lacking = Fold.lacking(
                    entries,
                    entry -> ((TokenEvent) entry.event()).tokenId(),
                    entry -> entry.sequenceNumber() == 0 && !tables.areLive(),
                    after.keySet());
            if (!lacking.isEmpty()) {
                tables.sql("""
                    select token_id, account_id, name, description, permissions, hint, created_at, expires_at, revoked_at,
                        enabled, allowed_addresses, rotated_at, overlap_ends_at, version
                    from projection.token_list t where token_id = any (:ids) order by token_id\
                    """ + tables.forUpdate("t"))
                        .param("ids", lacking.toArray(String[]::new))
                        .query((row, _) -> row(row))
                        .list()
                        .forEach(row -> {
                            before.put(row.tokenId(), row);
                            after.put(row.tokenId(), row);
                        });
            }
        }

        @Override
        public boolean isFull() {
            return after.size() >= FULL;
        }

        @Override
        public void write() {
            var changed = after.values().stream()
                    .filter(row -> !row.equals(before.get(row.tokenId())))
                    .sorted(Comparator.comparing(TokenRow::tokenId))
                    .toList();
            ROWS.write(changed, row -> before.containsKey(row.tokenId()), tables);
            if (!erased.isEmpty()) {
                erase(erased.toArray(String[]::new), tables);
            }
            before.clear();
            after.clear();
            erased.clear();
        }
    }

    /**
     * All of an account's tokens, those that were revoked long ago too. They become what their own events tell now that
     * the data key is destroyed, so that a rebuild makes the same.
     */
    private static void erase(String[] accounts, Tables tables) {
        tables.sql("""
            update projection.token_list set name = :erased, name_key = :erased,
                description = case when description is null then null else :erased end,
                description_key = case when description_key is null then null else :erased end,
                allowed_addresses = case when allowed_addresses = '{}' then '{}' else array[:erased] end
            where account_id = any (:accounts)\
            """)
                .param("erased", PersonalDataKeys.ERASED)
                .param("accounts", accounts)
                .update();
    }

    private static TokenRow row(ResultSet row) throws SQLException {
        return new TokenRow(
                row.getString("token_id"),
                row.getString("account_id"),
                row.getString("name"),
                row.getString("description"),
                list(row.getArray("permissions")),
                row.getString("hint"),
                row.getTimestamp("created_at").toInstant(),
                instant(row.getTimestamp("expires_at")),
                instant(row.getTimestamp("revoked_at")),
                row.getBoolean("enabled"),
                list(row.getArray("allowed_addresses")),
                instant(row.getTimestamp("rotated_at")),
                instant(row.getTimestamp("overlap_ends_at")),
                row.getLong("version"));
    }

    private static List<String> list(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
        return timestamp == null ? null : timestamp.toInstant();
    }

    private static @Nullable String key(@Nullable String text) {
        return text == null ? null : text.toLowerCase(Locale.ROOT);
    }
}
