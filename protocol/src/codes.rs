//! `codes!`: an enumeration that is a number on the wire.

/// Declares enumerations with Kafka's codes; a code that is not in the table is an error when read.
#[macro_export]
macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident: $int:ty { $( $(#[$variant_doc:meta])* $variant:ident = $code:literal, )* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name { $( $(#[$variant_doc])* $variant, )* }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )*];

            /// The code on the wire.
            pub const fn code(self) -> $int {
                match self { $( $name::$variant => $code, )* }
            }

            /// The value with this code.
            pub const fn from_code(code: $int) -> Option<$name> {
                match code { $( $code => Some($name::$variant), )* _ => None }
            }

            /// The name, in Pascal case.
            pub const fn name(self) -> &'static str {
                match self { $( $name::$variant => stringify!($variant), )* }
            }
        }

        impl $crate::wire::Wire for $name {
            fn write(&self, out: &mut Vec<u8>) {
                $crate::wire::Wire::write(&self.code(), out);
            }

            fn read(
                reader: &mut $crate::wire::Reader<'_>,
                field: &'static str,
            ) -> Result<Self, $crate::wire::WireError> {
                let code = <$int as $crate::wire::Wire>::read(reader, field)?;
                $name::from_code(code).ok_or_else(|| {
                    reader.error($crate::wire::WireProblem::OutOfRange { field, value: i64::from(code) })
                })
            }
        }
    )*};
}
