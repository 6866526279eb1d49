package io.keyledger.query.token;

import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.query.Columns;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Keeps {@code projection.token_list}: each account's tokens, with their names in clear. Applies each event of a token
 * once, in order; one that it has applied before changes nothing, and a hole before one stops it.
 */
@Component
class TokenListProjection implements Projection {

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
    public void apply(List<LogEntry> entries, Tables tables) {
        var ofTokens = entries.stream()
                .filter(entry -> entry.isA(TokenEvent.class) && !TokenRow.isObservation((TokenEvent) entry.event()))
                .toList();
        if (!ofTokens.isEmpty()) {
            fold(ofTokens, tables);
        }
        var erased = entries.stream()
                .filter(entry -> entry.isA(PersonalDataErased.class))
                .map(entry -> entry.event().accountId())
                .toArray(String[]::new);
        if (erased.length > 0) {
            erase(erased, tables);
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

    private void fold(List<LogEntry> ofTokens, Tables tables) {
        var before = load(ofTokens, tables);
        var after = new HashMap<>(before);
        var keyring = LogEntry.keyring(ofTokens, keys);
        for (var entry : ofTokens) {
            var id = ((TokenEvent) entry.event()).tokenId();
            after.put(id, Objects.requireNonNull(TokenRow.evolve(after.get(id), entry, keyring)));
        }
        var changed = new ArrayList<TokenRow>(after.size());
        after.forEach((id, row) -> {
            var known = before.get(id);
            if (known == null || known.version() < row.version()) {
                changed.add(row);
            }
        });
        write(changed, tables);
    }

    /** Tables beside the live ones get each event once, so that a token that is created there has no row yet. */
    private static Map<String, TokenRow> load(List<LogEntry> entries, Tables tables) {
        var ids = entries.stream()
                .filter(entry -> tables.areLive() || entry.sequenceNumber() > 0)
                .map(entry -> ((TokenEvent) entry.event()).tokenId())
                .distinct()
                .toArray(String[]::new);
        var rows = new HashMap<String, TokenRow>();
        if (ids.length > 0) {
            tables.sql("""
                select token_id, account_id, name, description, permissions, hint, created_at, expires_at, revoked_at,
                    enabled, allowed_addresses, rotated_at, overlap_ends_at, version
                from projection.token_list t where token_id = any (:ids) order by token_id\
                """ + tables.forUpdate("t"))
                    .param("ids", ids)
                    .query((row, _) -> row(row))
                    .list()
                    .forEach(row -> rows.put(row.tokenId(), row));
        }
        return rows;
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

    private static void write(List<TokenRow> rows, Tables tables) {
        if (rows.isEmpty()) {
            return;
        }
        tables.sql("""
            insert into projection.token_list as t (token_id, account_id, name, name_key, description, description_key,
                permissions, hint, created_at, expires_at, revoked_at, enabled, allowed_addresses, rotated_at,
                overlap_ends_at, version)
            select token_id, account_id, name, name_key, description, description_key, permissions::text[], hint,
                created_at::timestamptz, expires_at::timestamptz, revoked_at::timestamptz, enabled,
                allowed_addresses::text[], rotated_at::timestamptz, overlap_ends_at::timestamptz, version
            from unnest(:tokenId::text[], :accountId::text[], :name::text[], :nameKey::text[], :description::text[],
                :descriptionKey::text[], :permissions::text[], :hint::text[], :createdAt::text[], :expiresAt::text[],
                :revokedAt::text[], :enabled::boolean[], :allowedAddresses::text[], :rotatedAt::text[],
                :overlapEndsAt::text[], :version::bigint[])
                as n (token_id, account_id, name, name_key, description, description_key, permissions, hint, created_at,
                    expires_at, revoked_at, enabled, allowed_addresses, rotated_at, overlap_ends_at, version)
            on conflict (token_id) do update set (account_id, name, name_key, description, description_key, permissions,
                    hint, expires_at, revoked_at, enabled, allowed_addresses, rotated_at, overlap_ends_at, version)
                = (excluded.account_id, excluded.name, excluded.name_key, excluded.description,
                    excluded.description_key, excluded.permissions, excluded.hint, excluded.expires_at,
                    excluded.revoked_at, excluded.enabled, excluded.allowed_addresses, excluded.rotated_at,
                    excluded.overlap_ends_at, excluded.version)\
            """)
                .param("tokenId", Columns.texts(rows, TokenRow::tokenId))
                .param("accountId", Columns.texts(rows, TokenRow::accountId))
                .param("name", Columns.texts(rows, TokenRow::name))
                .param("nameKey", Columns.texts(rows, row -> key(row.name())))
                .param("description", Columns.texts(rows, TokenRow::description))
                .param("descriptionKey", Columns.texts(rows, row -> key(row.description())))
                .param("permissions", Columns.lists(rows, TokenRow::permissions))
                .param("hint", Columns.texts(rows, TokenRow::hint))
                .param("createdAt", Columns.instants(rows, TokenRow::createdAt))
                .param("expiresAt", Columns.instants(rows, TokenRow::expiresAt))
                .param("revokedAt", Columns.instants(rows, TokenRow::revokedAt))
                .param("enabled", Columns.booleans(rows, TokenRow::enabled))
                .param("allowedAddresses", Columns.lists(rows, TokenRow::allowedAddresses))
                .param("rotatedAt", Columns.instants(rows, TokenRow::rotatedAt))
                .param("overlapEndsAt", Columns.instants(rows, TokenRow::overlapEndsAt))
                .param("version", Columns.longs(rows, TokenRow::version))
                .update();
    }

    private static @Nullable String key(@Nullable String text) {
        return text == null ? null : text.toLowerCase(Locale.ROOT);
    }
}
