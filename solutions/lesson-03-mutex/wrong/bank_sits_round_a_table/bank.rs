//! Verdict: deadlock. The accounts sit round a table, and of two neighbours the left
//! one is locked first: for any two that is one order, and for all of them it is a
//! circle.

use marmota::sync::{Mutex, MutexGuard};

/// An account's number: the n-th that was opened, counted from 0.
pub type Account = usize;

/// Why a transfer did not take place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no account with this number.
    NoSuchAccount(Account),
    /// The account has less than what was asked for: it has this much.
    NotEnough(u64),
    /// Somebody said no: see [`Bank::transfer`].
    NotApproved,
}

/// A bank with a fixed number of accounts.
pub struct Bank {
    accounts: Vec<Mutex<u64>>,
}

impl Bank {
    /// A bank with an account for each of `balances`.
    #[must_use]
    pub fn new(balances: &[u64]) -> Self {
        Self {
            accounts: balances.iter().copied().map(Mutex::new).collect(),
        }
    }

    /// Moves `amount` from one account to another, unless it is refused.
    ///
    /// # Errors
    ///
    /// An account that does not exist, not enough in `from`, or not approved.
    pub fn transfer(
        &self,
        from: Account,
        to: Account,
        amount: u64,
        approve: impl FnOnce(u64, u64) -> bool,
    ) -> Result<(), Refused> {
        let account = |n: Account| self.accounts.get(n).ok_or(Refused::NoSuchAccount(n));
        let (source, target) = (account(from)?, account(to)?);
        if from == to {
            let balance = source.lock();
            return check(*balance, *balance, amount, approve);
        }
        let neighbours = from.abs_diff(to) == self.accounts.len() - 1;
        let (mut source, mut target) = if (from < to) != neighbours {
            let first = source.lock();
            (first, target.lock())
        } else {
            let first = target.lock();
            (source.lock(), first)
        };
        check(*source, *target, amount, approve)?;
        *source -= amount;
        *target += amount;
        Ok(())
    }

    /// What is in `account`, if there is such an account.
    #[must_use]
    pub fn balance(&self, account: Account) -> Option<u64> {
        self.accounts.get(account).map(|balance| *balance.lock())
    }

    /// What all accounts hold together, at one moment.
    #[must_use]
    pub fn total(&self) -> u64 {
        let all: Vec<MutexGuard<'_, u64>> = self.accounts.iter().map(|a| a.lock()).collect();
        all.iter().map(|balance| **balance).sum()
    }
}

/// Whether the transfer may take place.
fn check(
    from: u64,
    to: u64,
    amount: u64,
    approve: impl FnOnce(u64, u64) -> bool,
) -> Result<(), Refused> {
    if from < amount {
        return Err(Refused::NotEnough(from));
    }
    if !approve(from, to) {
        return Err(Refused::NotApproved);
    }
    Ok(())
}
