//! Rotation matrices from angles and quaternions.

use crate::GroupError;

/// Makes the matrix of a rotation about y by `gamma`, then about x by `beta`, then about y by `alpha`.
///
/// # Units
/// Radians.
///
/// # Conventions
/// e3nn's order `R = R_y(alpha) R_x(beta) R_y(gamma)`; acts on column vectors `(x, y, z)`; rows first.
///
/// # Errors
/// [`GroupError::BadAngles`] if an angle is not finite.
///
/// # Examples
/// ```
/// // A quarter turn about y takes z to x.
/// let r = schur_group::rotation_from_angles([std::f64::consts::FRAC_PI_2, 0.0, 0.0])?;
/// assert!((r[0][2] - 1.0).abs() < 1e-15);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn rotation_from_angles(angles: [f64; 3]) -> Result<[[f64; 3]; 3], GroupError> {
    if !angles.iter().all(|angle| angle.is_finite()) {
        return Err(GroupError::BadAngles { angles });
    }
    let [(sa, ca), (sb, cb), (sc, cc)] = angles.map(f64::sin_cos);
    Ok([
        [ca * cc - sa * cb * sc, sa * sb, ca * sc + sa * cb * cc],
        [sb * sc, cb, -sb * cc],
        [-sa * cc - ca * cb * sc, ca * sb, ca * cb * cc - sa * sc],
    ])
}

/// Makes the matrix of the rotation that a quaternion names.
///
/// The quaternion `(w, x, y, z)` need not have unit length.
///
/// # Errors
/// [`GroupError::BadQuaternion`] if its length is zero or not finite.
///
/// # Examples
/// ```
/// // w = 0: a half turn, here about z.
/// let r = schur_group::rotation_from_quaternion([0.0, 0.0, 0.0, 2.0])?;
/// assert_eq!(r, [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn rotation_from_quaternion(quaternion: [f64; 4]) -> Result<[[f64; 3]; 3], GroupError> {
    // Dividing by the largest component first keeps the squares in range.
    let largest = quaternion.iter().fold(0.0_f64, |largest, component| largest.max(component.abs()));
    let [w, x, y, z] = quaternion.map(|component| component / largest);
    let s = 2.0 / (w * w + x * x + y * y + z * z);
    if !s.is_finite() {
        return Err(GroupError::BadQuaternion { quaternion });
    }
    Ok([
        [1.0 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
        [s * (x * y + w * z), 1.0 - s * (x * x + z * z), s * (y * z - w * x)],
        [s * (x * z - w * y), s * (y * z + w * x), 1.0 - s * (x * x + y * y)],
    ])
}
