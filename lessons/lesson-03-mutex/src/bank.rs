//! Exercise 4: a small program: a bank.
//!
//! Each account has a lock of its own, so that two customers who have nothing to do
//! with each other never wait for each other. A transfer needs two accounts at once.
//! That is where it gets interesting: one goroutine has the first and wants the
//! second, another has the second and wants the first.

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
///
/// Graded: see the methods; no transfer, whatever others run beside it, makes money
/// or loses any; every transfer ends.
pub struct Bank {
    // Your state: the balances, a lock each.
}

impl Bank {
    /// A bank with an account for each of `balances`.
    #[must_use]
    pub fn new(balances: &[u64]) -> Self {
        let _ = balances;
        todo!("a lock for each account")
    }

    /// Moves `amount` from one account to another, unless it is refused.
    ///
    /// Before it does, it asks `approve(from_balance, to_balance)`, with the balances as
    /// they are. That may take long (somebody makes a phone call), and until the
    /// transfer is over nobody else sees or changes either balance: whoever wants one
    /// of the two waits, parked. Transfers between other accounts go on meanwhile.
    ///
    /// From an account to itself it moves nothing: it is checked and approved like
    /// any other, and the balance stays.
    ///
    /// # Errors
    ///
    /// In this order: an account that does not exist (`from` first); not enough in
    /// `from`, and then nobody is asked; not approved. The balances stay as they were.
    pub fn transfer(
        &self,
        from: Account,
        to: Account,
        amount: u64,
        approve: impl FnOnce(u64, u64) -> bool,
    ) -> Result<(), Refused> {
        let _ = (from, to, amount, approve);
        todo!("two locks, for as long as the transfer takes: in which order?")
    }

    /// What is in `account`, if there is such an account.
    #[must_use]
    pub fn balance(&self, account: Account) -> Option<u64> {
        let _ = account;
        todo!("one lock will do")
    }

    /// What all accounts hold together, at one moment: money on its way from one to
    /// another is counted once.
    #[must_use]
    pub fn total(&self) -> u64 {
        todo!("what must not happen between reading the first and the last?")
    }
}
