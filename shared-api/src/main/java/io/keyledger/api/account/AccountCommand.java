package io.keyledger.api.account;

/** A wish to create or change an account. */
public sealed interface AccountCommand
        permits RegisterAccount,
                ChangePassword,
                IssueResetLink,
                ResetPassword,
                ChangeEmail,
                ChangeDisplayName,
                DisableAccount,
                EnableAccount,
                GrantAdministrator,
                RevokeAdministrator,
                RegisterServiceAccount,
                AddAccountOwner,
                RemoveAccountOwner,
                ErasePersonalData,
                RecordSignIn,
                RecordFailedSignIn,
                RecordSignOut {

    String accountId();
}
