package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/** A wish to create or change a token. Whoever asks owns it, unless the command says otherwise. */
public sealed interface TokenCommand
        permits CreateToken,
                RenameToken,
                ChangeTokenDescription,
                ChangeTokenPermissions,
                NarrowTokenPermissions,
                ChangeTokenExpiry,
                RevokeToken,
                LimitTokenLifetime,
                ExpireToken,
                RotateToken,
                RetireTokenValue,
                DisableToken,
                EnableToken,
                ChangeTokenAllowedAddresses,
                TransferToken,
                ReportTokenLeak,
                RequireHeldPermissions {

    String tokenId();

    /** Whose token it must be; absent: anybody's. */
    @Nullable
    String accountId();
}
