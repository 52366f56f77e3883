//! Verdict: deadlock. One lock for the whole bank: customers who have nothing to do
//! with each other wait for each other.

use marmota::sync::Mutex;

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
    accounts: Mutex<Vec<u64>>,
}

impl Bank {
    /// A bank with an account for each of `balances`.
    #[must_use]
    pub fn new(balances: &[u64]) -> Self {
        Self {
            accounts: Mutex::new(balances.to_vec()),
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
        let mut accounts = self.accounts.lock();
        for n in [from, to] {
            if n >= accounts.len() {
                return Err(Refused::NoSuchAccount(n));
            }
        }
        check(accounts[from], accounts[to], amount, approve)?;
        accounts[from] -= amount;
        accounts[to] += amount;
        Ok(())
    }

    /// What is in `account`, if there is such an account.
    #[must_use]
    pub fn balance(&self, account: Account) -> Option<u64> {
        self.accounts.lock().get(account).copied()
    }

    /// What all accounts hold together, at one moment.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.accounts.lock().iter().sum()
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
