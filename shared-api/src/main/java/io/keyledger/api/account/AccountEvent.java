package io.keyledger.api.account;

import io.keyledger.api.Event;

/** Something that happened to an account. */
public sealed interface AccountEvent extends Event
        permits AccountRegistered,
                PasswordChanged,
                ResetLinkIssued,
                PasswordReset,
                EmailChanged,
                DisplayNameChanged,
                AccountDisabled,
                AccountEnabled,
                AdministratorGranted,
                AdministratorRevoked,
                ServiceAccountRegistered,
                AccountOwnerAdded,
                AccountOwnerRemoved,
                PersonalDataErased,
                SignedIn,
                SignInFailed,
                SignedOut {}
