/** An answer that is an error; the body's form is a knob. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** 0xA011…: a bad argument (API reference, 1). */
export function badArgument(message: string): ApiError {
  return new ApiError(400, '0xA0110001', message);
}

export function notFound(message: string): ApiError {
  return new ApiError(404, '0xA0110009', message);
}

/** 0xA0140002: the user lacks a permission (API reference, 1). */
export function forbidden(permission: string): ApiError {
  return new ApiError(403, '0xA0140002', `User does not have the required permission: ${permission}.`);
}
