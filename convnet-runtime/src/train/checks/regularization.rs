//! Does a stronger regularisation cost more?

use super::SanityCheck;
use crate::error::Error;
use crate::network::Network;
use crate::optimizers::Optimizer;
use crate::regularization::{Penalty, Regularization};
use crate::train::{LabelLoss, Trainer};

/// A weak and a strong penalty on squares.
const STRENGTHS: [f64; 2] = [1e-4, 1e-1];

impl<N, O> Trainer<N, O>
where
    N: Network<Loss: LabelLoss<N::Scalar>>,
    O: Optimizer<N::Scalar>,
{
    pub(super) fn check_regularization(&mut self) -> Result<SanityCheck, Error> {
        let parameters = self.network.parameters();
        let cost = |strength| -> Result<f64, Error> {
            let regularization = Regularization::new(Penalty::l2(strength)?);
            regularization.of(N::ARCHITECTURE)?.loss(parameters)
        };
        if let Some(regularizer) = &mut self.regularizer {
            let found = regularizer.loss(parameters)?;
            return Ok(SanityCheck {
                what: "regularisation raises the loss",
                expected: "a regularisation loss above 0".to_owned(),
                found: format!("{found:.4}"),
                passed: found.is_finite() && found > 0.0,
                causes: "penalties that act on no layer or have a strength of 0, weights that are all 0",
            });
        }
        let [weak, strong] = [cost(STRENGTHS[0])?, cost(STRENGTHS[1])?];
        Ok(SanityCheck {
            what: "regularisation raises the loss",
            expected: format!("more at l2 = {} than at {}, and more than 0", STRENGTHS[1], STRENGTHS[0]),
            found: format!("{strong:.4} and {weak:.4}"),
            passed: weak > 0.0 && strong > weak,
            causes: "weights that are all 0, or not finite",
        })
    }
}
