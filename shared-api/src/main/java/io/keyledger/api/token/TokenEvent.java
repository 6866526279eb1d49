package io.keyledger.api.token;

import io.keyledger.api.Event;

/** Something that happened to a token. */
public sealed interface TokenEvent extends Event
        permits TokenCreated,
                TokenRenamed,
                TokenDescriptionChanged,
                TokenPermissionsChanged,
                TokenExpiryChanged,
                TokenRevoked,
                TokenExpired,
                TokenRotated,
                TokenValueRetired,
                TokenDisabled,
                TokenEnabled,
                TokenAllowedAddressesChanged,
                TokenTransferred,
                TokenLeaked,
                TokenFirstUsed,
                RetiredTokenValueUsed,
                TokenExpiryAnnounced {

    String tokenId();
}
