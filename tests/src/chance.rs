//! Chance that can be repeated: every run prints its seed, and `DESKBELL_SEED` plays it again.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Numbers that look random and follow from one seed.
#[derive(Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// Begins with the seed that is asked for, or a new one, and prints it under the name of who uses it.
    pub fn new(user: &str) -> Self {
        let asked = std::env::var("DESKBELL_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = asked.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        #[expect(clippy::print_stderr, reason = "a seed repeats a failing run")]
        {
            eprintln!("{user}: DESKBELL_SEED={seed}");
        }
        Chance { state: seed }
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        // Knuth's MMIX generator; its high bits are the better ones.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }
}

/// How often a loop goes round: seldom enough for CI, often in a soak (`cargo xtask soak`).
pub fn rounds(in_ci: u32, in_a_soak: u32) -> u32 {
    if std::env::var_os("DESKBELL_SOAK").is_some() { in_a_soak } else { in_ci }
}

/// Tells what a soak counted.
#[expect(clippy::print_stderr, reason = "the figure of a soak")]
pub fn figure(text: &str) {
    eprintln!("{text}");
}
