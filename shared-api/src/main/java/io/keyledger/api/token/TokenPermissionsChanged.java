package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.util.List;

/** A token may do more, less or something else than before. */
@EventType(name = "token.permissions-changed", revision = 1)
public record TokenPermissionsChanged(
        String tokenId, String accountId, List<String> previousPermissions, List<String> permissions)
        implements TokenEvent {}
