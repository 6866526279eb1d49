package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/**
 * Accounts, in the order of their email addresses, service accounts by their names.
 *
 * @param search part of the email or display name, ignoring case; absent: all
 * @param enabled only enabled or only disabled ones; absent: both
 * @param type only persons or only service accounts; absent: both
 * @param ownerId only service accounts that this person owns; absent: all
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 */
public record FindAccounts(
        @Nullable String search,
        @Nullable Boolean enabled,
        @Nullable AccountType type,
        @Nullable String ownerId,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {

    @Override
    public String toString() {
        return "FindAccounts[]";
    }
}
